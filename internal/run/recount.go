package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"multigrade/grade"
	"multigrade/solver"
)

// A Contradiction is a value that the JSON object of a training has and its run directory
// has not.
type Contradiction struct {
	Key    string `json:"key"`    // such as grades[0].neurons
	Stated any    `json:"stated"` // nil where it says nothing, as Run
	Run    any    `json:"run"`
}

func (c *Contradiction) String() string {
	return fmt.Sprintf("%s is %s, of the run %s", c.Key, jsonText(c.Stated), jsonText(c.Run))
}

func jsonText(v any) string {
	if v == nil {
		return "not there"
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // it comes from JSON
	}
	return string(raw)
}

// untold are the keys of a Summary about which the files and data of a run say nothing:
// what it took, how it was found, and what was counted on the way. Of several keys of one
// name those in the object before the dot. The page about clusters lists them.
var untold = []string{
	"run", "seconds", "work", "iterations", "rounds", "method", "global_method", "global_not_attempted", "replaced", "replaced_multiple", "violation",
	"beta_max", "rank", "patterns_total", "decomposed.factor", "decomposed.gated_units", "dead_zone.open",
}

// unmeasured are those that need the data, which are not read again out of core.
var unmeasured = []string{"train.r2", "validation.r2", "test.r2", "test.log_loss", "test.coverage", "test.quantiles", "test.crossing"}

// Recount makes the summary of a run again from its directory and data, and compares what
// they tell with stated, the JSON object that was printed.
func Recount(ctx context.Context, from RunSource, stated []byte) (*Summary, []Contradiction, error) {
	o, err := reopen(ctx, from)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", from.Dir, err)
	}
	except := untold
	if o.Run.Variance == nil {
		except = slices.Concat(untold, unmeasured)
	}
	s := o.Summary()
	own, err := tree(s)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", from.Dir, err)
	}
	var other any
	if err := json.Unmarshal(stated, &other); err != nil {
		return nil, nil, err
	}
	r := &recount{except: except}
	r.compare("", "", other, own, false)
	return s, r.found, nil
}

// reopen is a run as it was when it was published, without what is untold.
func reopen(ctx context.Context, from RunSource) (*Outcome, error) {
	r, m, err := readClaims(from.Dir)
	if err != nil {
		return nil, err
	}
	run := &grade.Run{Model: r.Model, Ledger: r.Ledger, Grades: r.Grades, Status: r.Status, Stopped: r.Stopped, Plan: r.Plan, LogLoss: math.NaN()}
	if !m.Options.OutOfCore && m.Options.Memory == 0 {
		data, err := m.trainedOn(ctx, from.Dir, r.Model, from.Data, from.Test)
		if err != nil {
			return nil, err
		}
		run.Measure(data)
	}
	for k, g := range run.Grades {
		if r.Plan != nil && k < len(r.Plan.Choices) {
			g.Choice = &r.Plan.Choices[k]
		}
		for t, o := range g.Outputs {
			o.Account = wholeAccount(o.Account, &o.Output, r.Ledger.Output(k+1, grade.OnTrain, t))
		}
	}
	return &Outcome{Run: run, Dir: from.Dir, Seconds: make([]float64, len(run.Grades)), Unchecked: m.Unchecked}, nil
}

// wholeAccount adds to what a certificate claims what the model and the ledger say of the
// network in its place.
func wholeAccount(a grade.Account, o *grade.Output, train *grade.Entry) grade.Account {
	if k := train.Kept; k != nil {
		a.Kept = &grade.Kept{Budget: o.Width.Budget, Neurons: k.ConvexNeurons, Objective: k.Objective,
			RelGap: solver.RelGap(k.Objective, a.Dual), GlobalRelGap: solver.RelGap(k.Objective, a.GlobalBound)}
	}
	if d := o.Decomposed; d != nil {
		a.Decomposition = &grade.Decomposition{Objective: d.Objective, RelGap: solver.RelGap(d.Objective, a.Dual)}
	}
	if o.DeadZone != nil {
		a.DeadZone = &grade.DeadZone{Eps: *o.DeadZone}
	}
	return a
}

// unknown stands in a tree for a number that the run does not tell.
const unknown = "unknown"

// tree is v as its JSON reads, with unknown for NaN.
func tree(v any) (any, error) {
	raw, err := jsonv2.Marshal(v, jsonv1.DefaultOptionsV1(), jsonv2.WithMarshalers(jsonv2.MarshalToFunc(func(e *jsontext.Encoder, x float64) error {
		if math.IsNaN(x) {
			return e.WriteToken(jsontext.String(unknown))
		}
		return errors.ErrUnsupported
	})))
	if err != nil {
		return nil, err
	}
	var t any
	err = json.Unmarshal(raw, &t)
	return t, err
}

// provedSince says that the run, or a part of it, has a better status than was printed: a
// proof in shards came since. What is said of all patterns may then differ, too.
func provedSince(stated, run map[string]any) bool {
	before, _ := stated["status"].(string)
	after, _ := run["status"].(string)
	was, errWas := solver.ParseStatus(before)
	is, errIs := solver.ParseStatus(after)
	return errWas == nil && errIs == nil && is < was
}

// recount collects the contradictions between two trees.
type recount struct {
	except []string
	found  []Contradiction
}

// last is the name behind the last dot.
func last(name string) string { return name[strings.LastIndex(name, ".")+1:] }

// compare compares what is under the key, whose own name comes after that of its object.
func (r *recount) compare(key, name string, stated, run any, proved bool) {
	if proved && (last(name) == "status" || strings.HasPrefix(last(name), "global_")) {
		return
	}
	if slices.ContainsFunc(r.except, func(e string) bool { return name == e || strings.HasSuffix(name, "."+e) }) || run == unknown {
		return
	}
	switch own := run.(type) {
	case map[string]any:
		if other, ok := stated.(map[string]any); ok {
			proved = proved && last(name) == "width" || provedSince(other, own)
			keys := slices.AppendSeq(slices.Collect(maps.Keys(own)), maps.Keys(other))
			slices.Sort(keys)
			for _, k := range slices.Compact(keys) {
				if k == "status" && own["scope"] == grade.Global.String() && own["global_bound"] == unknown { // of all patterns nothing is told
					continue
				}
				r.compare(strings.TrimPrefix(key+"."+k, "."), last(name)+"."+k, other[k], own[k], proved)
			}
			return
		}
	case []any:
		if other, ok := stated.([]any); ok && len(other) == len(own) {
			for i := range own {
				r.compare(fmt.Sprintf("%s[%d]", key, i), name, other[i], own[i], false)
			}
			return
		}
	}
	if !reflect.DeepEqual(stated, run) {
		r.found = append(r.found, Contradiction{key, stated, run})
	}
}
