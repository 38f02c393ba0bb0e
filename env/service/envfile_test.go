package service_test

import (
	"slices"
	"strings"
	"testing"

	"testrunner/env/service"
)

// An env_file of the format raw is taken as it stands, in its turn among the others.
func TestRawEnvFiles(t *testing.T) {
	files := map[string]string{
		"compose.yaml": "services:\n  web:\n    image: x\n    environment: { OWN: own }\n    env_file: [one.env, { path: two.env, format: raw }, three.env, { path: gone.env, format: raw, required: false }]\n",
		"one.env":      "A=one\nB='one'\nOWN=one\n", "three.env": "C=three-${HERE}\n",
		"two.env": "# a comment\n\n  B='$HERE' # all of it\nC=two\nOWN=two\nHERE\nNOWHERE\nE=\n",
	}
	specs := func(root string) ([]service.Spec, error) {
		g, err := service.Read(t.Context(), root, []string{"compose.yaml"}, nil, []string{"HERE=here"})
		if err != nil {
			t.Fatal(err)
		}
		return g.Specs(service.Join(g, nil, false), []string{"web"}, true)
	}
	got, err := specs(write(t, files))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"A=one", "B='$HERE' # all of it", "C=three-here", "E=", "HERE=here", "OWN=own"}; !slices.Equal(got[0].Container.Env, want) {
		t.Errorf("%q, want %q", got[0].Container.Env, want)
	}
	for text, want := range map[string]string{"A=1\nB C=2\n": `two.env:2: "B C" is no variable's name`, "=x": `two.env:1: "" is no variable's name`} {
		files["two.env"] = text
		if _, err := specs(write(t, files)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	delete(files, "two.env")
	if _, err := specs(write(t, files)); err == nil || !strings.Contains(err.Error(), "start web: env file ") || !strings.Contains(err.Error(), "two.env not found") {
		t.Errorf("%v", err)
	}
}
