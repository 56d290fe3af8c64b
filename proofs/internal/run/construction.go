package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"multigrade/proofs/internal/cube"
	"multigrade/proofs/internal/strict"
	"multigrade/proofs/internal/verdict"
)

// A constructionManifest is manifest.json of a run of a scheme on the cube. Options
// are settings by name: some are compared with the scheme, the rest is not checked.
type constructionManifest struct {
	Format    string            `json:"format"`
	Version   int               `json:"version"`
	Command   []string          `json:"command"`
	Options   map[string]any    `json:"options"`
	Versions  map[string]string `json:"versions"`
	Unchecked bool              `json:"unchecked"` // as of a training
	Files     fileSet           `json:"files"`
}

const constructionFormat = "multigrade-approx-run"

// checkConstruction checks a run of a scheme on the cube, whose manifest is raw.
func checkConstruction(ctx context.Context, dir string, raw []byte) (verdict.Report, error) {
	var r verdict.Report
	m := new(constructionManifest)
	err := strict.JSON(raw, m)
	if err == nil && m.Version != 1 {
		err = fmt.Errorf("version %d, expected 1", m.Version)
	}
	if err == nil {
		err = m.Files.form()
	}
	_, constructive := m.Files[cube.ModelFile]
	_, trained := m.Files[cube.TrainedFile]
	if err == nil && constructive == trained {
		err = fmt.Errorf("files: expected either %s or %s", cube.ModelFile, cube.TrainedFile)
	}
	if err != nil {
		r.Add(verdict.ClaimFormat, manifestFile, verdict.Malformed, err.Error())
		return r, nil
	}
	whole := true
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		raw, err := m.Files.read(dir, name)
		if raw == nil && err != nil {
			whole = false
		}
		r.Judge(verdict.ClaimFile, name, "sha256 as in manifest.json", err)
	}
	if err := m.Files.unlisted(dir, &r); err != nil || !whole {
		return r, err
	}
	check := cube.Check
	if trained {
		check = cube.CheckTrained
	}
	claims, err := check(ctx, dir)
	r.Claims = append(r.Claims, claims.Claims...)
	if err != nil || claims.Verdict() == verdict.Malformed {
		return r, err
	}
	stated, err := cube.Describe(dir, trained)
	if err != nil {
		return r, err
	}
	m.settings(stated, &r)
	return r, nil
}

// settings compares the options that the scheme's own file tells, too.
func (m *constructionManifest) settings(s cube.Stated, r *verdict.Report) {
	var problems []error
	differ := func(option string, differs bool, found any) {
		if differs {
			problems = append(problems, fmt.Errorf("options.%s: %v, the run has %v", option, m.Options[option], found))
		}
	}
	// An option that is missing or null is none; one of another kind says nothing that could be compared.
	claimed := func(option string, v any, right bool) {
		if !right && m.Options[option] != nil {
			problems = append(problems, fmt.Errorf("options.%s: %v, expected %T", option, m.Options[option], v))
		}
	}
	number := func(option string) float64 {
		v, right := m.Options[option].(float64)
		claimed(option, v, right)
		return v
	}
	flag := func(option string) bool {
		v, right := m.Options[option].(bool)
		claimed(option, v, right)
		return v
	}
	file, right := m.Options["table"].(string)
	claimed("table", file, right)
	table := file != ""
	network, narrow := flag("network"), flag("narrow")
	composed, adaptive, compose := flag("composed"), flag("adaptive"), flag("compose")
	trained := number("trained") > 0
	dim := number("dim")
	differ("dim", dim != 0 && dim != float64(s.Dim), s.Dim)
	differ("lipschitz", number("lipschitz") != s.Lipschitz, s.Lipschitz)
	differ("table", table != s.Table, s.Table)
	differ("trained", (trained || compose) != s.Trained, s.Trained)
	differ("adaptive", adaptive != s.Adaptive, s.Adaptive)
	differ("composed", (composed || compose) != s.Composed, s.Composed)
	differ("compose", compose && (trained || composed), s.Composed)
	differ("network", network != s.Network, s.Network)
	differ("narrow", s.Hats && narrow != s.Narrow, s.Narrow)
	compared := []string{"dim", "lipschitz", "table", "adaptive", "trained", "composed", "compose", "network", "narrow"}
	r.Judge(ClaimSettings, manifestFile, strings.Join(compared, ", ")+" as in the scheme", oneLine(errors.Join(problems...)))
	unchecked := []string{"command", "versions"}
	for _, name := range slices.Sorted(maps.Keys(m.Options)) {
		if !slices.Contains(compared, name) {
			unchecked = append(unchecked, "options."+name)
		}
	}
	r.Add(ClaimSettings, manifestFile, verdict.Unchecked, strings.Join(unchecked, ", "))
}
