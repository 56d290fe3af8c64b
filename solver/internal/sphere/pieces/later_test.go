package pieces

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"os"
	"reflect"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// readLater reads a file of testdata: the features and nu.
func readLater(t testing.TB, name string) (x *mat.Dense, nu []float64) {
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all = all[1:]
	r := len(all[0]) - 2
	x = mat.NewDense(len(all), r, nil)
	for i, row := range all {
		for j, c := range row[1:] {
			v, err := strconv.ParseFloat(c, 64)
			if err != nil {
				t.Fatal(err)
			}
			if j == r {
				nu = append(nu, v)
			} else {
				x.Set(i, j, v)
			}
		}
	}
	return x, nu
}

func inOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

const (
	later2 = 3.0738955688479419 // n beta
	later3 = 0.47128069403337064
)

func TestLaterGrades(t *testing.T) {
	for _, q := range []struct {
		name    string
		nbeta   float64
		want    float64 // m(nu) / (n beta)
		pieces  int
		nodes   int // at most
		ordered bool
	}{
		{"later2.csv.gz", later2, 1, 7, 150, true},
		{"later3.csv.gz", later3, 1.106110, 14, 1900, true},
		{"later3.csv.gz", later3, 1.106110, 14, 1900, false},
	} {
		x, nu := readLater(t, q.name)
		var order []int
		if q.ordered {
			order = inOrder(len(nu))
		}
		c := Find(x, order)
		if len(c.Pieces) > q.pieces+4 || len(c.Pieces) < q.pieces {
			t.Errorf("%s: %d pieces, want about %d", q.name, len(c.Pieces), q.pieces)
		}
		o := DefaultOptions()
		b, err := Maximise(context.Background(), x, nu, c, o)
		if err != nil {
			t.Fatal(err)
		}
		if r := b.Lower / q.nbeta; !(r > q.want-1e-6 && r < q.want+1e-6) {
			t.Errorf("%s: m(nu) = %v n beta, want %v", q.name, r, q.want)
		}
		if b.Upper > b.Lower*(1+2e-7) || b.Upper < b.Lower {
			t.Errorf("%s: bracket [%v, %v]", q.name, b.Lower, b.Upper)
		}
		if v := direct(x, nu, b.W) * float64(b.Sign); v < b.Lower*(1-1e-10) {
			t.Errorf("%s: the neuron has %v, %v claimed", q.name, v, b.Lower)
		}
		if b.Nodes > q.nodes {
			t.Errorf("%s: %d nodes, want at most %d", q.name, b.Nodes, q.nodes)
		}
		checkTree(t, x, nu, c, b.Plus, 1, b.Upper)
		checkTree(t, x, nu, c, b.Minus, -1, b.Upper)
	}
}

func TestSameBitsForAnyThreads(t *testing.T) {
	x, nu := readLater(t, "later3.csv.gz")
	c := Find(x, inOrder(len(nu)))
	o := DefaultOptions()
	o.Nodes = 600
	o.Target = later3
	var first *Bound
	for _, threads := range []int{1, 2, 3} {
		o.Threads = threads
		b, err := Maximise(context.Background(), x, nu, c, o)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		} else if !reflect.DeepEqual(b, first) {
			t.Fatalf("%d threads: another result", threads)
		}
	}
	if len(first.Found) == 0 || first.Found[0].Value <= later3 {
		t.Error("no neuron above the target was remembered")
	}
}

func BenchmarkMaximise(b *testing.B) {
	x, nu := readLater(b, "later3.csv.gz")
	c := Find(x, inOrder(len(nu)))
	for b.Loop() {
		if _, err := Maximise(context.Background(), x, nu, c, DefaultOptions()); err != nil {
			b.Fatal(err)
		}
	}
}
