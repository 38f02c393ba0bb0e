package service

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"
)

// ComposeFile are the compose files that the variable COMPOSE_FILE names, as docker compose reads it at the root: out of the environment,
// else out of the root's .env. Several are divided by COMPOSE_PATH_SEPARATOR, else by what divides paths on this system. Those below the
// root are relative to it, with slashes. from says where the variable stands: "COMPOSE_FILE", "COMPOSE_FILE in .env"; "" is nowhere.
func ComposeFile(root string, environ []string) (files []string, from string) {
	values := types.NewMapping(environ)
	from = "COMPOSE_FILE"
	if _, set := values[from]; !set {
		name := filepath.Join(root, ".env")
		more, err := dotenv.GetEnvFromFile(values, []string{name})
		if !isFile(name) || err != nil { // who reads the compose files is told of a .env that can't be read
			return nil, ""
		}
		values["COMPOSE_FILE"] = more["COMPOSE_FILE"]
		values["COMPOSE_PATH_SEPARATOR"] = cmp.Or(values["COMPOSE_PATH_SEPARATOR"], more["COMPOSE_PATH_SEPARATOR"])
		from = "COMPOSE_FILE in .env"
	}
	separator := cmp.Or(values["COMPOSE_PATH_SEPARATOR"], string(os.PathListSeparator))
	for name := range strings.SplitSeq(values["COMPOSE_FILE"], separator) {
		if name == "" {
			continue
		}
		if rel, err := filepath.Rel(root, placed(root, name)); err == nil && filepath.IsLocal(rel) {
			name = rel
		}
		files = append(files, filepath.ToSlash(name))
	}
	if len(files) == 0 {
		return nil, ""
	}
	return files, from
}

// placed is a path of this system: one that is relative begins at the root.
func placed(root, name string) string {
	if name = filepath.FromSlash(name); filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(root, name)
}
