package run

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"multigrade/grade"
)

// Of what a training printed every value that its run tells is compared: it cannot be
// changed, left out or added to without a word, nor can anything else be said beside it.
func TestRecount(t *testing.T) {
	tr := smallTraining(t, t.TempDir())
	tr.Options.Scope, tr.Options.Shares, tr.Options.Limits.Work = grade.Global, grade.Shares{Holdout: 0.2, Validation: 0.2}, 1
	outcome, err := tr.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	printed := outcome.Summary()
	raw, err := json.Marshal(printed)
	if err != nil {
		t.Fatal(err)
	}
	from := RunSource{Dir: outcome.Dir}
	s, found, err := Recount(t.Context(), from, raw)
	if err != nil || found != nil {
		t.Fatalf("%v, %v", found, err)
	}
	if last := s.Grades[1]; last.Neurons != printed.Grades[1].Neurons || s.Final.Test.RMS() != printed.Final.Test.RMS() {
		t.Errorf("%+v", s)
	}
	var whole any
	if err := json.Unmarshal(raw, &whole); err != nil {
		t.Fatal(err)
	}
	changed, left := 0, map[string]bool{}
	everyChange(whole, "", func(key string) {
		text, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		_, found, err := Recount(t.Context(), from, text)
		if err != nil {
			t.Fatal(err)
		}
		switch changed++; {
		case found == nil:
			left[key[strings.LastIndex(key, ".")+1:]] = true
		case !slices.ContainsFunc(found, func(c Contradiction) bool { return c.Key == key }):
			t.Errorf("%s: %v", key, found)
		}
	})
	for key := range left {
		if !slices.Contains(untold, key) {
			t.Errorf("%s is not compared", key)
		}
	}
	if changed < 80 || len(left) < 10 {
		t.Errorf("%d changes, uncompared %v", changed, left)
	}
}

// A proof that came since makes the run better than what was printed, nothing else.
func TestProvedSince(t *testing.T) {
	priced := map[string]any{"status": "priced", "global_bound": 0.5, "primal": 1.0, "width": map[string]any{"global_rel_gap": 0.5, "budget": 3.0}}
	for _, test := range []struct {
		key  string
		to   any
		want int
	}{{"global_bound", 1.0, 0}, {"primal", 2.0, 1}, {"width", map[string]any{"global_rel_gap": 0.1, "budget": 3.0}, 0}, {"width", map[string]any{"global_rel_gap": 0.5, "budget": 4.0}, 1}} {
		run := map[string]any{}
		for k, v := range priced {
			run[k] = v
		}
		run[test.key] = test.to
		for status, more := range map[string]int{"optimal": 0, "limit": 1} {
			run["status"] = status
			r := new(recount)
			r.compare("", "", priced, run, false)
			want := test.want + more
			if status == "limit" && test.want == 0 {
				want++ // what a proof would have explained
			}
			if len(r.found) != want {
				t.Errorf("%s %v, status %s: %v, want %d", test.key, test.to, status, r.found, want)
			}
		}
	}
}

// everyChange calls f while one value of the tree is another, after another.
func everyChange(v any, key string, f func(key string)) {
	change := func(key string, old any, set func(any)) {
		switch x := old.(type) {
		case float64:
			set(x + 1)
		case string:
			set(x + "x")
		case bool:
			set(!x)
		case nil:
			set("new")
		default:
			everyChange(old, key, f)
			return
		}
		f(key)
		set(old)
	}
	switch tree := v.(type) {
	case map[string]any:
		for k, old := range tree {
			change(strings.TrimPrefix(key+"."+k, "."), old, func(v any) { tree[k] = v })
		}
		tree["more"] = 1.0
		f(strings.TrimPrefix(key+".more", "."))
		delete(tree, "more")
	case []any:
		for i, old := range tree {
			change(fmt.Sprintf("%s[%d]", key, i), old, func(v any) { tree[i] = v })
		}
	}
}
