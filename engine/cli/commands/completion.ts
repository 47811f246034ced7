// `tsplay completion`: scripts that let a shell ask `tsplay complete` for candidates.

import { Argument, Command } from "commander";
import { EXIT } from "../exit-codes.ts";
import type { MakeCommand } from "../table.ts";

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_tsplay() {
  local IFS=$'\\n' cur="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=( $(tsplay complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) )
  if [ "\${#COMPREPLY[@]}" -eq 0 ]; then compopt -o default 2>/dev/null; fi
}
complete -F _tsplay tsplay
`,
  zsh: `#compdef tsplay
_tsplay() {
  local -a candidates
  candidates=("\${(@f)$(tsplay complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${candidates[1]}" ]]; then compadd -Q -a candidates; else _files; fi
}
compdef _tsplay tsplay
`,
  fish: `function __tsplay_complete
  set -l words (commandline -opc)[2..-1] (commandline -ct)
  tsplay complete -- $words 2>/dev/null
end
complete -c tsplay -a '(__tsplay_complete)'
`,
};

export const makeCommand: MakeCommand = (world, finish) =>
  new Command("tsplay completion")
    .usage("bash|zsh|fish")
    .description('Prints a completion script. For bash: eval "$(tsplay completion bash)" in ~/.bashrc.')
    .addArgument(new Argument("<shell>", "bash, zsh or fish").choices(Object.keys(SCRIPTS)))
    .action((shell: string) => {
      world.out(SCRIPTS[shell] ?? "");
      finish(EXIT.fine);
    });
