package grade

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

// What was written is read back: written again it is the same bytes.
func TestReadLedger(t *testing.T) {
	norms := Norms{L1: 0.1, L2: 1. / 3, Linf: 7, MSE: 1e-300, Nonincreasing: 0.5}
	for name, l := range map[string]Ledger{
		"plain": {{Split: OnTrain, Output: 1, Rows: 3, Norms: norms, Accuracy: math.NaN()},
			{Grade: 1, Split: OnTrain, Output: 1, Rows: 3, Norms: norms, Accuracy: 0.25, Neurons: 4, Beta: 0.1, Primal: 3, Dual: 2, RelGap: 1. / 3, Status: "limit"}},
		"all outputs": {{Grade: 2, Split: OnTest, Output: AllOutputs, Rows: 9, Norms: norms, Accuracy: math.NaN(), Status: "optimal"}},
		"kept": {{Split: OnTrain, Output: 1, Rows: 3, Norms: norms, Accuracy: math.NaN()},
			{Grade: 1, Split: OnTrain, Output: 1, Rows: 3, Norms: norms, Accuracy: math.NaN(), Status: "optimal", Kept: &KeptEntry{Objective: 2, ConvexNeurons: 5, ConvexL2: 0.5}}},
	} {
		var first, second bytes.Buffer
		if err := l.Write(&first); err != nil {
			t.Fatal(err)
		}
		read, err := ReadLedger(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := read.Write(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s: read and written, %v:\n%s\nwant\n%s", name, err, &second, &first)
		}
	}
	head := ledgerHeader + "\n"
	for text, want := range map[string]string{
		"":              "line 1",
		"grade,split\n": "line 1",
		head + "0,train,1,x,1,1,1,1,1,1,,,,,,,\n":                                           "line 2, column rows",
		head + "0,train,1,5,1,1,1,1,1,1,,,,,,,\n1,train,1,5,1,1,1,1,1,1,,2,y,1,1,1,limit\n": "line 3, column beta",
		head + "0,train\n": "line 2",
	} {
		if _, err := ReadLedger(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error at %s", text, err, want)
		}
	}
}

// A ledger without a grade or an output of the model does not fit it.
func TestLedgerFits(t *testing.T) {
	m := &Model{Data: Source{Target: []string{"a", "b"}}, Grades: make([]Grade, 1)}
	var l Ledger
	for k := range 2 {
		for _, split := range []string{OnTrain, OnTest} {
			for _, output := range []int{1, 2, AllOutputs} {
				l = append(l, Entry{Grade: k, Split: split, Output: output})
			}
		}
	}
	if err := l.Fits(m); err != nil {
		t.Error(err)
	}
	for i := range l {
		without := append(append(Ledger{}, l[:i]...), l[i+1:]...)
		if err := without.Fits(m); (err == nil) != (l[i].Output == AllOutputs) {
			t.Errorf("without %+v: %v", l[i], err)
		}
	}
	if err := (Ledger{}).Fits(m); err == nil {
		t.Error("an empty ledger fits")
	}
}
