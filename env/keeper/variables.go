package keeper

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"testrunner/report/event"
)

// Formats are the formats of WriteVariables.
func Formats() []string { return []string{"dotenv", "json", "powershell"} }

// WriteVariables writes NAME=VALUE lines so that a shell or program reads exactly these values again: as dotenv, which a POSIX shell
// reads as well; as one JSON object; or as lines for PowerShell. Nothing is masked.
func WriteVariables(w io.Writer, format string, variables []string) error {
	sorted := slices.Clone(variables)
	slices.Sort(sorted)
	var b strings.Builder
	switch format {
	case "dotenv":
		for _, kv := range sorted {
			name, value, _ := strings.Cut(kv, "=")
			fmt.Fprintf(&b, "%s=%s\n", name, shellWord(value))
		}
	case "json":
		all := map[string]string{}
		for _, kv := range sorted {
			name, value, _ := strings.Cut(kv, "=")
			all[name] = value
		}
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(all); err != nil {
			return fmt.Errorf("write the variables: %w", err)
		}
	case "powershell":
		for _, kv := range sorted {
			name, value, _ := strings.Cut(kv, "=")
			fmt.Fprintf(&b, "${env:%s} = %s\n", name, event.PowerShellQuote(value))
		}
	default:
		return fmt.Errorf("there is no format %q: %s", format, strings.Join(Formats(), ", "))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the variables: %w", err)
	}
	return nil
}

// shellWord is a value as both a POSIX shell and the usual readers of .env files take it. They differ on a quote inside single quotes,
// so a value that holds one is written in double quotes, where both heed the backslash.
func shellWord(value string) string {
	harmless := func(r rune) bool {
		return r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:@%+,=", r))
	}
	switch {
	case value != "" && !strings.ContainsFunc(value, func(r rune) bool { return !harmless(r) }):
		return value
	case !strings.Contains(value, "'"):
		return "'" + value + "'"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`").Replace(value) + `"`
}
