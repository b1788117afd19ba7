"""Writes an authority of our own and a server's certificate that it signed: certificates.py FOLDER NAME...

FOLDER/ca.pem is the authority, FOLDER/server.pem the server's certificate with its key. Names may begin with `*.`, or be
an IP address.
"""

import datetime
import ipaddress
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

folder, names = pathlib.Path(sys.argv[1]), sys.argv[2:]
now = datetime.datetime.now(datetime.timezone.utc)
day = datetime.timedelta(days=1)


def name(text):
    return x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, text)])


def alternative(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def certificate(subject, key, issuer, issuer_key, *extensions):
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def usage(**true):
    all_false = dict.fromkeys(
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
        "encipher_only decipher_only".split(),
        False,
    )
    return x509.KeyUsage(**{**all_false, **true}), True


authority, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
(folder / "ca.pem").write_bytes(
    certificate(
        "An authority of our own",
        authority,
        "An authority of our own",
        authority,
        (x509.BasicConstraints(ca=True, path_length=0), True),
        usage(key_cert_sign=True, crl_sign=True),
        (x509.SubjectKeyIdentifier.from_public_key(authority.public_key()), False),
    )
)
(folder / "server.pem").write_bytes(
    certificate(
        "A server",
        server,
        "An authority of our own",
        authority,
        (x509.SubjectAlternativeName([alternative(one) for one in names]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), False),
        usage(digital_signature=True),
    )
    + server.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
)
