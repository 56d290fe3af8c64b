package run

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/verdict"
)

// ClaimSettings names the claim that manifest.json says of the run what model and
// certificates say.
const ClaimSettings = "settings"

// number and flag are options, 0 and false where manifest.json has none.
func (m *manifest) number(name string) float64 {
	v, _ := m.Options[name].(float64)
	return v
}

func (m *manifest) flag(name string) bool {
	v, _ := m.Options[name].(bool)
	return v
}

// A setting is an option that model or certificates also tell.
type setting struct {
	option string
	found  any // a string, float64, bool or list of strings
}

// settings are the options that model.json tells.
func (m *model) settings() []setting {
	test := ""
	if m.Test != nil {
		test = m.Test.SHA256
	}
	return []setting{{"target", m.Data.Target}, {"task", m.Task}, {"test", test}, {"loss", m.Loss}, {"loss_parameter", m.Threshold}, {"quantiles", m.levels()},
		{"holdout", m.Split.Holdout}, {"stride", float64(m.Split.Stride)}, {"validation", m.Split.Validation}, {"refit", m.Split.Refit}, {"last", m.Split.Last},
		{"holdout_group", m.Split.Group}, {"holdout_stratified", m.Split.Stratified}, {"fold", m.Split.Fold},
		{"bias", m.Bias}, {"standardize", m.Standardize}, {"intercept", m.Intercept}, {"carry", m.carries()},
		{"weights", m.Weights.column()}, {"class_weight", m.Weights.classes()}}
}

// comparedElsewhere are the options compared with each grade and certificate.
var comparedElsewhere = []string{"width", "dead_zone", "activation", "penalty", "tol", "scope", "grades"}

// settings compares what manifest.json says of the run with the model, and names
// what nobody checks.
func (r *runChecker) settings() {
	compared := r.model.settings()
	var err error
	var names []string
	for _, s := range compared {
		names, err = append(names, s.option), errors.Join(err, r.manifest.agrees(s, r.model.Version))
	}
	r.judge(ClaimSettings, "manifest.json", strings.Join(names, ", ")+" as in model.json", oneLine(err))
	r.judge(ClaimSettings, "manifest.json", fmt.Sprintf("%d grades", len(r.model.Grades)), r.asManyGrades())
	unchecked := []string{"command", "data.path", "seed", "versions"}
	if r.manifest.Plan != nil {
		unchecked = append(unchecked, "plan")
	}
	if r.manifest.Stopped != "" {
		unchecked = append(unchecked, "stopped")
	}
	if r.manifest.Unchecked {
		unchecked = append(unchecked, "unchecked")
	}
	for _, name := range slices.Sorted(maps.Keys(r.manifest.Options)) {
		if !slices.Contains(comparedElsewhere, name) && !slices.ContainsFunc(compared, func(s setting) bool { return s.option == name }) {
			unchecked = append(unchecked, "options."+name)
		}
	}
	r.report.Add(ClaimSettings, "manifest.json", verdict.Unchecked, strings.Join(unchecked, ", "))
	unchecked = []string{"data.source"}
	if r.model.Calibration != nil {
		unchecked = append(unchecked, "calibration")
	}
	r.report.Add(ClaimSettings, modelFile, verdict.Unchecked, strings.Join(unchecked, ", "))
}

// agrees compares one option. Manifests beside models of version 1 leave some out.
func (m *manifest) agrees(s setting, version int) error {
	got := m.Options[s.option]
	if got == nil && (version == 1 || reflect.ValueOf(s.found).IsZero()) {
		return nil
	}
	if list, is := got.([]any); is {
		texts := []string{}
		for _, v := range list {
			texts = append(texts, fmt.Sprint(v))
		}
		got = texts
	}
	if !reflect.DeepEqual(got, s.found) {
		return fmt.Errorf("options.%s: %v, the run has %v", s.option, got, s.found)
	}
	return nil
}

// ended says that no limit came before the end: the status is optimal or priced.
func (m *manifest) ended() bool {
	return m.Status == certificate.StatusOptimal || m.Status == certificate.StatusPriced
}

// asManyGrades: where there are fewer grades than asked for, the run says why, and
// there are never more.
func (r *runChecker) asManyGrades() error {
	asked, has := r.manifest.number("grades"), float64(len(r.model.Grades))
	cut := r.manifest.Stopped != "" || !r.manifest.ended()
	if has > asked || has < asked && !cut {
		return fmt.Errorf("options.grades: %v asked for, the model has %v; stopped %q, status %q", asked, has, r.manifest.Stopped, r.manifest.Status)
	}
	return nil
}

// certificateSettings compares the options with the certificate of output t.
func (r *runChecker) certificateSettings(g *modelGrade, t int, c *certificate.Certificate) {
	m := r.manifest
	if c.Global != nil {
		r.proved++
	} else if c.Program.Activation != certificate.Gated {
		r.listed++
	}
	err := m.agrees(setting{"tol", c.Gap.Tol}, r.model.Version)
	if err == nil {
		err = m.agrees(setting{"activation", c.Program.Activation}, r.model.Version)
	}
	if err == nil {
		err = m.agrees(setting{"penalty", penalty(c)}, r.model.Version)
	}
	r.judge(ClaimSettings, g.scope(t), fmt.Sprintf("%s, tol %v, as in manifest.json", c.Program.Activation, c.Gap.Tol), err)
}

// penalty is the option that the certificate is of, "" for norms.
func penalty(c *certificate.Certificate) string {
	if c.Program.Ridge {
		return "ridge"
	}
	return ""
}

// Scopes of options.
const (
	scopeGlobal     = "global"
	scopeRestricted = "restricted"
)

// scope is over which patterns the run was proved to be near an optimum: all where
// every certificate has section global. Optimisation over all patterns (options) that
// ended as optimal or priced has it everywhere; relaxations and runs cut short may not.
func (r *runChecker) scope() {
	claimed, _ := r.manifest.Options["scope"].(string)
	found := "over the listed patterns"
	if r.proved > 0 && r.listed == 0 {
		found = "over all patterns"
	} else if r.proved > 0 {
		found = fmt.Sprintf("over all patterns in %d of %d certificates", r.proved, r.proved+r.listed)
	}
	var err error
	switch {
	case r.model.Version == 1 && claimed == "":
	case claimed == scopeRestricted && r.proved > 0:
		err = fmt.Errorf("options.scope: %s, but %s", claimed, found)
	case claimed == scopeGlobal && r.manifest.ended() && r.listed > 0:
		err = fmt.Errorf("options.scope: %s with status %s, but %s", claimed, r.manifest.Status, found)
	case claimed != scopeGlobal && claimed != scopeRestricted:
		err = fmt.Errorf("options.scope: %q, expected %s or %s", claimed, scopeGlobal, scopeRestricted)
	}
	r.judge(ClaimSettings, "run", "bounds "+found, err)
}
