package rundir_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/grade/rundir"
	"multigrade/proofs"
)

// A table is read, a model trained in a run directory, checked there and opened again.
func Example() {
	if err := readTrainCheck(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 12 rows of x, optimal
	// valid
	// 2.0
}

func readTrainCheck() error {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "rundir")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	table := "x,y\n0,3\n1,2\n2,1\n3,0\n4,1\n5,2\n6,3\n7,2\n8,1\n9,0\n10,1\n11,2\n"
	file, dir := filepath.Join(folder, "zigzag.csv"), filepath.Join(folder, "run")
	if err := os.WriteFile(file, []byte(table), 0o666); err != nil {
		return err
	}

	zigzag, err := rundir.Read(ctx, file, rundir.NewReading(), grade.Regression.String(), grade.Shares{})
	if err != nil {
		return err
	}
	o := zigzag.Options()
	o.Grades, o.Beta = 1, grade.RelativeBeta(1e-4)
	run, err := zigzag.Train(ctx, dir, o)
	if err != nil {
		return err
	}
	fmt.Printf("%d rows of %s, %s\n", zigzag.Data.Rows, zigzag.Data.Columns[0], run.Status)

	checked, err := proofs.CheckRun(ctx, dir, proofs.RunOptions{})
	if err != nil {
		return err
	}
	fmt.Println(checked.Verdict())

	model, err := rundir.Open(dir)
	if err != nil {
		return err
	}
	y, err := model.Predict(mat.NewDense(1, 1, []float64{5}))
	if err != nil {
		return err
	}
	fmt.Printf("%.1f\n", y.At(0, 0))
	return nil
}
