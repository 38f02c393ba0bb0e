package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

const bashCompletion = `# runner: eval "$(runner completion bash)"
_runner() {
	local word=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=($(compgen -W "%s" -- "$word") $(compgen -f -- "$word"))
}
complete -o filenames -F _runner runner
`

const zshCompletion = `#compdef runner
# runner: eval "$(runner completion zsh)"
_runner() {
	compadd -- %s
	_files
}
compdef _runner runner
`

const fishCompletion = `# runner: runner completion fish | source
complete -c runner -a "%s"
`

// completion prints a script that completes commands, built-in categories and flags; files complete as ever.
func completion(_ context.Context, c *cli.Context, _ split, w World) (int, error) {
	scripts := map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
	script, ok := scripts[c.Args().First()]
	if !ok {
		return 0, usageError{text: "completion takes bash, zsh or fish", remedy: "runner completion bash"}
	}
	words := []string{"unit", "integration", "e2e", "mission-critical", "unit_integration"}
	for _, each := range commands() {
		words = append(words, each.name)
	}
	for _, f := range runFlags() {
		for _, n := range f.Names() {
			if len(n) > 1 {
				words = append(words, "--"+n)
			}
		}
	}
	_, err := fmt.Fprintf(w.Stdout, script, strings.Join(words, " "))
	return 0, err
}
