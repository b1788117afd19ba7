"""moto's server, without what it does for every request and nobody here needs: it lists its own folders, and logs a line."""

import moto.backends
import moto.server
import werkzeug.serving

folders = tuple(moto.backends.list_of_moto_modules())
moto.backends.list_of_moto_modules = lambda: folders
werkzeug.serving.WSGIRequestHandler.log_request = lambda *_: None

moto.server.main()
