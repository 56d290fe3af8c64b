package main

import (
	"fmt"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
)

// tables are the experiments on measured data: every tenth row is for the test,
// and the numbers beside are those of ordinary tools on the same rows.
func tables() []experiment {
	var all []experiment
	for _, t := range []struct {
		name                      string
		linear, wide, deep, trees float64
	}{
		{"yacht", 11.003, 3.402, 1.853, 0.794},
		{"energy_heating", 2.607, 1.832, 0.923, 0.430},
		{"auto_mpg", 2.511, 2.269, 2.813, 2.661},
		{"airfoil", 4.674, 1.933, 1.848, 1.558},
		{"diabetes", 60.54, 61.08, 69.83, 66.66},
		{"wine_red", 0.735, 0.689, 0.678, 0.637},
	} {
		all = append(all, experiment{name: t.name, title: "measured data, every tenth row for the test", measure: rmse,
			source: "ordinary tools on the same rows, penalties by a 3-fold grid", needs: "its CSV file, or the folder that has NAME/NAME.csv",
			prepare: func(path string) (*trial, error) { return tableTrial(path, t.name) },
			full:    chosenBeta, quick: smallTable,
			published: []published{{"MLP 64-64-64", t.deep, 0}, {"MLP 100", t.wide, 0}, {"boosted trees", t.trees, 0}, {"linear", t.linear, 0}}})
	}
	return all
}

// chosenBeta leaves beta and the number of grades to a fifth of the rows.
func chosenBeta(o *grade.Options) {
	o.Grades, o.ChooseBeta, o.Shares.Validation = 4, true, 0.2
}

// smallTable is one pass at fixed settings.
func smallTable(o *grade.Options) {
	budget(16, 2, 0.01, 100)(o)
	o.MaxIter = grade.DefaultOptions().MaxIter
}

func tableTrial(path, name string) (*trial, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, name, name+".csv")
	}
	src, err := readSource(path, nil)
	if err != nil {
		return nil, err
	}
	d, err := src.parse(nil)
	if err != nil {
		return nil, err
	}
	x, ok := d.X.(*mat.Dense)
	if !ok {
		return nil, bad(fmt.Errorf("%s: want CSV, got %s", path, d.Kind))
	}
	t := &trial{src: src, x: x, y: d.Y[0], holdout: 0.1, baselineName: "mean of the training rows"}
	split := grade.NewSplit(len(t.y), t.holdout, 0)
	_, train := rowsOf(t.x, t.y, split.Train)
	for range split.Test {
		t.baseline = append(t.baseline, floats.Sum(train)/float64(len(train)))
	}
	t.testX, t.testY = rowsOf(t.x, t.y, split.Test)
	return t, nil
}
