package main

import (
	"math"
	"time"

	"github.com/urfave/cli/v2"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/solver"
)

// solveReport is what solve has to say at the end.
type solveReport struct {
	data    *dataset.Data
	run     *grade.Run
	dir     string
	tol     float64
	started time.Time
	total   float64   // seconds of the whole
	seconds []float64 // of each grade
}

// show writes the report and turns the run's status into the exit status.
func (r *solveReport) show(c *cli.Context, s streams) error {
	switch {
	case c.Bool("json"):
		if err := writeJSON(s.out, r.json()); err != nil {
			return failed(err)
		}
	case !c.Bool("quiet"):
		if err := r.table(s.out); err != nil {
			return failed(err)
		}
	}
	switch r.run.Status {
	case solver.Optimal, solver.Priced:
		return nil
	case solver.Interrupted:
		return &failure{status: statusInterrupted}
	}
	return &failure{status: statusFailed}
}

// The JSON object of solve. Pointers are null where a number is undefined.
type (
	solveJSON struct {
		Status  string      `json:"status"`
		Seconds float64     `json:"seconds"`
		Run     string      `json:"run"`
		Stopped string      `json:"stopped,omitempty"`
		Data    dataJSON    `json:"data"`
		Grades  []gradeJSON `json:"grades"`
		Final   finalJSON   `json:"final"`
	}
	dataJSON struct {
		Rows     int    `json:"rows"`
		Features int    `json:"features"`
		Outputs  int    `json:"outputs"`
		SHA256   string `json:"sha256"`
	}
	gradeJSON struct {
		Grade         int        `json:"grade"`
		InputDim      int        `json:"input_dim"`
		Rank          int        `json:"rank"`
		Patterns      int        `json:"patterns"`
		PatternsTotal *string    `json:"patterns_total"`
		Status        string     `json:"status"`
		Method        string     `json:"method"`
		Beta          float64    `json:"beta"`
		BetaMax       float64    `json:"beta_max"`
		Neurons       int        `json:"neurons"`
		Iterations    int        `json:"iterations"`
		Seconds       float64    `json:"seconds"`
		Primal        float64    `json:"primal"`
		Dual          float64    `json:"dual"`
		RelGap        float64    `json:"rel_gap"`
		Scope         string     `json:"scope"`
		GlobalBound   float64    `json:"global_bound"`
		GlobalRelGap  float64    `json:"global_rel_gap"`
		GlobalMethod  string     `json:"global_method"`
		Rounds        int        `json:"rounds"`
		Violation     float64    `json:"violation"`
		Replaced      bool       `json:"replaced,omitempty"`
		Train         *normsJSON `json:"train"`
		Validation    *normsJSON `json:"validation"`
		Test          *normsJSON `json:"test"`
	}
	normsJSON struct {
		L1            float64 `json:"l1"`
		L2            float64 `json:"l2"`
		Linf          float64 `json:"linf"`
		MSE           float64 `json:"mse"`
		Nonincreasing float64 `json:"nonincreasing"`
	}
	fitJSON struct {
		normsJSON
		R2       *float64 `json:"r2"`
		Accuracy *float64 `json:"accuracy"` // of classifiers; null for a regression
	}
	finalJSON struct {
		Train      *fitJSON `json:"train"`
		Validation *fitJSON `json:"validation"`
		Test       *fitJSON `json:"test"`
	}
)

func (r *solveReport) json() *solveJSON {
	j := &solveJSON{Status: r.run.Status.String(), Seconds: r.total, Run: r.dir, Stopped: r.run.Stopped,
		Data:   dataJSON{Rows: r.data.Rows(), Features: r.data.Features(), Outputs: 1, SHA256: r.data.SHA256},
		Grades: []gradeJSON{},
		Final:  finalJSON{Train: r.fit(grade.OnTrain), Validation: r.fit(grade.OnValidation), Test: r.fit(grade.OnTest)}}
	for k, g := range r.run.Grades {
		j.Grades = append(j.Grades, r.grade(g, r.seconds[k]))
	}
	return j
}

func (r *solveReport) grade(g *grade.Trained, seconds float64) gradeJSON {
	res, k := g.Result, g.Grade.Number
	j := gradeJSON{Grade: k, InputDim: g.Dim, Rank: g.Patterns.Rank, Patterns: len(g.Patterns.Cells),
		Status: g.Status(r.tol).String(), Method: res.Method, Beta: g.Grade.Outputs[0].Beta, BetaMax: g.BetaMax,
		Neurons: g.Grade.Neurons(), Iterations: res.Iterations, Seconds: seconds,
		Primal: res.Primal, Dual: res.Dual, RelGap: res.RelGap, Scope: g.Scope.String(), Rounds: g.Rounds,
		GlobalBound: g.Bound.Value, GlobalRelGap: g.Bound.RelGap, GlobalMethod: g.Bound.Method,
		Violation: res.Violation, Replaced: g.Replaced,
		Train: r.norms(k, grade.OnTrain), Validation: r.norms(k, grade.OnValidation), Test: r.norms(k, grade.OnTest)}
	if g.Patterns.Total != nil {
		total := g.Patterns.Total.String()
		j.PatternsTotal = &total
	}
	return j
}

// norms returns the ledger's entry, nil when there is no such split.
func (r *solveReport) norms(k int, split string) *normsJSON {
	e := r.run.Ledger.Find(k, split)
	if e == nil {
		return nil
	}
	return &normsJSON{L1: e.L1, L2: e.L2, Linf: e.Linf, MSE: e.MSE, Nonincreasing: e.Nonincreasing}
}

func (r *solveReport) fit(split string) *fitJSON {
	n := r.norms(len(r.run.Grades), split)
	if n == nil {
		return nil
	}
	f := &fitJSON{normsJSON: *n}
	if r2 := r.run.R2(split); !math.IsNaN(r2) {
		f.R2 = &r2
	}
	return f
}
