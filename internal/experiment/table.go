package experiment

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/run"
)

// tables are the experiments on measured data: every tenth row is for the test,
// and the numbers beside are those of ordinary tools on the same rows.
func tables() []Experiment {
	var all []Experiment
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
		all = append(all, Experiment{Name: t.name, Title: tableTitle, Measure: rmse, Table: true,
			Source: "ordinary tools on the same rows, penalties by a 3-fold grid", Needs: tableNeeds,
			prepare: func(path string) (*trial, error) { return numbersTrial(path, t.name) },
			full:    chosenBeta, quick: smallTable,
			Published: []Published{{DeepName, t.deep, 0}, {WideName, t.wide, 0}, {TreesName, t.trees, 0}, {LinearName, t.linear, 0}}})
	}
	for _, t := range []struct {
		name   string
		grades int
	}{{"banknote", 2}, {"ionosphere", 2}, {"heart", 2}, {"iris", 2}, {"digits8x8", 1}} {
		all = append(all, Experiment{Name: t.name, Title: tableTitle, Measure: accuracy, Table: true, classes: true,
			Source: "none; logistic regression is fitted here, on the same rows", Needs: tableNeeds,
			prepare: func(path string) (*trial, error) { return classesTrial(path, t.name) },
			full:    chosenClasses(t.grades), quick: smallClasses})
	}
	return all
}

const (
	tableTitle = "measured data, every tenth row for the test"
	tableNeeds = "its CSV file, or the folder that has NAME/NAME.csv"

	DeepName, WideName, TreesName, LinearName = "MLP 64-64-64", "MLP 100", "boosted trees", "linear"
	LogisticName                              = "logistic regression"
)

// tableHoldout is the share of the rows of a table for the test.
const tableHoldout = 0.1

// fitFolds is the number of folds of multigrade fit.
const fitFolds = 5

// chosenBeta makes every choice as multigrade fit does.
func chosenBeta(o *grade.Options) {
	effort, err := grade.ParseEffort(grade.DefaultEffort)
	if err != nil {
		panic(err) // the default is one
	}
	cv := grade.DefaultCrossValidation()
	cv.Folds = fitFolds
	o.Beta = cv
	effort.Set(o)
}

// chosenClasses is that for classes, each of which has a program of its own; of
// many, the next grade would see the neurons of all.
func chosenClasses(grades int) func(*grade.Options) {
	return func(o *grade.Options) {
		chosenBeta(o)
		cv := o.Beta.(grade.CrossValidation)
		cv.Stratified = true
		o.Grades, o.Beta = grades, cv
	}
}

// smallTable is one pass at fixed settings.
func smallTable(o *grade.Options) {
	budget(16, 2, 0.01, 100)(o)
	o.Limits.Iterations = grade.DefaultLimits().Iterations
}

// smallClasses is that for classes.
func smallClasses(o *grade.Options) {
	o.Grades, o.Beta, o.Limits.Work, o.Limits.BoundLeaves = 1, grade.RelativeBeta(0.1), 6, 0
}

// numbersTrial is a table with a number as its target.
func numbersTrial(path, name string) (*trial, error) {
	t, data, err := tableTrial(path, name, grade.Regression.String())
	if err != nil {
		return nil, err
	}
	t.hold(data.Y[0])
	_, train := rowsOf(t.x, t.y, t.split().Train)
	t.baselineName = "mean of the training rows"
	for range t.testY {
		t.baseline = append(t.baseline, floats.Sum(train)/float64(len(train)))
	}
	return t, nil
}

// classesTrial is a table with classes as its target, counted from 0.
func classesTrial(path, name string) (*trial, error) {
	t, data, err := tableTrial(path, name, "")
	if err != nil {
		return nil, err
	}
	if data.Task == grade.Regression {
		return nil, exit.Bad(fmt.Errorf("%s: want classes as the target", t.src.Name))
	}
	t.hold(data.Numbers())
	split := t.split()
	parts := grade.Shares{Holdout: tableHoldout, Validation: 1.0 / fitFolds, Refit: true}
	t.baselineName = LogisticName
	t.baseline, err = softmaxClasses(t.x, t.y, len(data.Classes), split.Train, split.Test, parts.Folds(split))
	return t, err
}

// tableTrial reads a table, without its target.
func tableTrial(path, name, task string) (*trial, *grade.Data, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, name, name+".csv")
	}
	src, err := run.ReadSource(path, nil, dataset.DefaultLimits())
	if err != nil {
		return nil, nil, err
	}
	d, err := src.PlainTable()
	if err != nil {
		return nil, nil, err
	}
	data, err := run.TrainingData(d, task)
	if err != nil {
		return nil, nil, err
	}
	x, ok := d.X.(*mat.Dense)
	if !ok {
		return nil, nil, exit.Bad(fmt.Errorf("%s: want CSV, got %s", path, d.Kind))
	}
	return &trial{src: src, x: x, holdout: tableHoldout}, data, nil
}

// hold sets the target and takes the test rows from the others.
func (t *trial) hold(y []float64) {
	t.y = y
	t.testX, t.testY = rowsOf(t.x, t.y, t.split().Test)
}

// split is that into training and test rows.
func (t *trial) split() grade.Split { return grade.NewSplit(len(t.y), t.holdout, 0) }

// classNumbers are the classes predicted, counted from 0.
func classNumbers(m *grade.Model, predicted *mat.Dense) []float64 {
	n, _ := predicted.Dims()
	numbers := make([]float64, n)
	for i := range numbers {
		numbers[i] = float64(slices.Index(m.Classes, m.Class(predicted, i)))
	}
	return numbers
}
