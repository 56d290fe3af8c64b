package experiment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/solver"
)

// A ProofTable trains networks of few neurons a grade on data with one input, and tells of
// every grade how far its optimum over all patterns is proved.
type ProofTable struct {
	Folder        string    // with NAME/NAME.csv of measuredLines, "" without these data
	Width, Grades int       // neurons of a grade, and how many grades
	Betas         []float64 // relative to beta_max
	Seed          uint64
	Out           string // folder of the run directories
	Command       []string
	Progress      func(grade.Progress) // nil: not told
}

// ProofWidth, ProofGrades and ProofBetas are those of the table of proofs.
const ProofWidth, ProofGrades = 8, 3

var ProofBetas = []float64{0.03, 0.01}

// A proof may take more than training by default does: proofWork times the work, and
// proofLeaves as the limit of the leaves of a certificate, each of which is about 1 kB. Grade 3
// of seattle_hourly at 0.01 takes six times the work and has a certificate of 117 MB.
const proofWork, proofLeaves = 16, 1 << 17

// measuredLines are data sets with one input that are no part of the program.
var measuredLines = []string{"sunspots_monthly", "ecg208", "seattle_hourly"}

// ProvedGrade is a grade of a ProofTable.
type ProvedGrade struct {
	Data string  `json:"data"`
	Beta float64 `json:"beta"` // relative to beta_max
	// Grade from 1, Rank of its features, Neurons of its network.
	Grade   int `json:"grade"`
	Rank    int `json:"rank"`
	Neurons int `json:"neurons"`
	// Pieces of planes on which its rows lie, 0 where the bound is not by pieces, and Nodes
	// of the search that proved most, both signs.
	Pieces int    `json:"pieces"`
	Nodes  int    `json:"nodes"`
	Status string `json:"status"`
	// Gap of the convex program's objective to the bound over all patterns, relative.
	Gap     float64 `json:"gap"`
	Seconds float64 `json:"seconds"`
	Run     string  `json:"run"`
}

// Prove trains. The status is that of the run that was interrupted, whose grades are the last, else
// Optimal.
func (t *ProofTable) Prove(ctx context.Context) ([]ProvedGrade, solver.Status, error) {
	all := []ProvedGrade{}
	sources, err := t.sources()
	if err != nil {
		return all, solver.Optimal, err
	}
	for _, s := range sources {
		for _, beta := range t.Betas {
			grades, status, err := t.prove(ctx, s.name, s.source, beta)
			if all = append(all, grades...); err != nil || status == solver.Interrupted {
				return all, status, err
			}
		}
	}
	return all, solver.Optimal, nil
}

type namedSource struct {
	name   string
	source *run.Source
}

// sources are the data sets, the embedded one first.
func (t *ProofTable) sources() ([]namedSource, error) {
	co2, err := run.ReadSource(run.Embedded, nil, dataset.DefaultLimits())
	if err != nil {
		return nil, err
	}
	waves := synthetic1()
	made, err := waves.prepare("")
	if err != nil {
		return nil, err
	}
	all := []namedSource{{"co2_weekly", co2}, {waves.Name, made.source(waves.Name)}}
	if t.Folder == "" {
		return all, nil
	}
	found := false
	for _, name := range measuredLines {
		file := filepath.Join(t.Folder, name, name+".csv")
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		found = true
		source, err := run.ReadSource(file, nil, dataset.DefaultLimits())
		if err != nil {
			return nil, err
		}
		all = append(all, namedSource{name, source})
	}
	if !found {
		return nil, exit.Bad(fmt.Errorf("%s: want NAME/NAME.csv in it for one NAME of %q", t.Folder, measuredLines))
	}
	return all, nil
}

func (t *ProofTable) prove(ctx context.Context, name string, source *run.Source, beta float64) ([]ProvedGrade, solver.Status, error) {
	table, err := source.PlainTable()
	if err != nil {
		return nil, solver.Optimal, err
	}
	data, err := run.TrainingData(table, grade.Regression.String())
	if err != nil {
		return nil, solver.Optimal, err
	}
	o := grade.DefaultOptions()
	_, features := table.X.Dims()
	o.Limits.Work, o.Limits.BoundLeaves = proofWork*grade.WorkOf(o.Scope, len(data.Y[0]), features), proofLeaves
	o.Seed, o.Grades, o.Width, o.Beta = t.Seed, t.Grades, grade.NewBudget(t.Width), grade.RelativeBeta(beta)
	if err := o.Validate(); err != nil {
		return nil, solver.Optimal, exit.Bad(err)
	}
	out := filepath.Join(t.Out, fmt.Sprintf("%s-%v", name, beta))
	trained, err := (&run.Training{Out: out, Source: source, Data: data, Options: o, Command: t.Command, Progress: t.Progress}).Run(ctx)
	if err != nil {
		return nil, solver.Optimal, err
	}
	var grades []ProvedGrade
	for k, g := range trained.Run.Grades {
		a := g.Sum()
		p := ProvedGrade{Data: name, Beta: beta, Grade: k + 1, Rank: a.Rank, Neurons: trained.Run.Ledger.Find(k+1, grade.OnTrain).Neurons,
			Status: g.Status().String(), Gap: a.GlobalRelGap, Seconds: trained.Seconds[k], Run: trained.Dir}
		bound := g.Outputs[0].Evidence.Bound
		if pieces := bound.Evidence.Pieces; pieces != nil {
			p.Pieces = len(pieces.Groups)
		}
		if n := len(bound.Search); n > 0 {
			p.Nodes = bound.Search[n-1].Nodes
		}
		grades = append(grades, p)
	}
	return grades, trained.Run.Status, nil
}
