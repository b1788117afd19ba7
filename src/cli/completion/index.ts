/** `gs-repartition completion bash`, `zsh` and `fish`: scripts with which shells complete words. */
import { type Command, defineCommand } from '../command.js';
import { EXIT } from '../world.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { type CommandWords, wordsOf } from './words.js';
import { zshScript } from './zsh.js';

/** By shell: the script, and how it is put in place for good. */
const SHELLS: Readonly<
  Record<string, { script: (commands: readonly CommandWords[]) => string; install: string }>
> = {
  bash: { script: bashScript, install: 'echo \'eval "$($0 completion bash)"\' >> ~/.bashrc' },
  zsh: { script: zshScript, install: 'echo \'eval "$($0 completion zsh)"\' >> ~/.zshrc' },
  fish: {
    script: fishScript,
    install: '$0 completion fish > ~/.config/fish/completions/gs-repartition.fish',
  },
};

/** @param all gives every command there is, these among them */
export function completionCommands(all: () => Promise<readonly Command[]>): readonly Command[] {
  return Object.keys(SHELLS).map((shell) => completionCommand(shell, all));
}

function completionCommand(shell: string, all: () => Promise<readonly Command[]>): Command {
  const { script, install } = SHELLS[shell]!;
  return defineCommand({
    name: `completion ${shell}`,
    describe: `Print what makes ${shell} complete commands, options and their values`,
    usage: '',
    options: {},
    examples: [[install, 'From the next shell on']],
    async run(_values, { world }) {
      world.stdout.write(script(wordsOf(await all())));
      return EXIT.success;
    },
  });
}
