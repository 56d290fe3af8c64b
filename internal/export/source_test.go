package export

import (
	"bytes"
	"fmt"
	"go/format"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
)

// Compiled and run, the source predicts to the bit, and names the model's classes.
func TestGo(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var imports, calls strings.Builder
	var want []string
	eachShape(t, func(t *testing.T, m *grade.Model, f *grade.Flat, x, y *mat.Dense) {
		name := fmt.Sprintf("m%d", strings.Count(imports.String(), "\n"))
		source, err := Go(f, name)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := format.Source(source); err != nil || !bytes.Equal(again, source) {
			t.Errorf("not formatted: %v", err)
		}
		write(name+"/model.go", source)
		fmt.Fprintf(&imports, "import %q\n", "exported/"+name)
		n, _ := x.Dims()
		for i := range n {
			fmt.Fprintf(&calls, "show(%s.Predict(%s))\n", name, vectorLiteral(x.RawRowView(i)))
			want = append(want, fmt.Sprintf("%x", bits(y.RawRowView(i))))
			if m.Classes != nil {
				fmt.Fprintf(&calls, "fmt.Println(%s.Class(%s.Predict(%s)))\n", name, name, vectorLiteral(x.RawRowView(i)))
				want = append(want, m.Class(y, i))
				fmt.Fprintf(&calls, "fmt.Printf(\"%%.9f\\n\", %s.Probabilities(%s.Predict(%s)))\n", name, name, vectorLiteral(x.RawRowView(i)))
				p := make([]float64, len(m.Classes))
				grade.Probabilities(f.Platt, y.RawRowView(i), p)
				want = append(want, fmt.Sprintf("%.9f", p))
			}
			if m.Calibration == nil || m.Classes != nil || i > 0 {
				continue
			}
			for _, q := range []float64{0.004, 0.5, 0.9, 0.98} {
				half, err := m.Calibration.HalfWidths(q)
				if err != nil {
					t.Fatal(err)
				}
				var lower, upper []float64
				for k, v := range y.RawRowView(i) {
					lower, upper = append(lower, v-half[k]), append(upper, v+half[k])
				}
				fmt.Fprintf(&calls, "fmt.Println(%s.Interval(%s.Predict(%s), %v))\n", name, name, vectorLiteral(x.RawRowView(i)), q)
				want = append(want, fmt.Sprintln(lower, upper, true))
			}
			fmt.Fprintf(&calls, "fmt.Println(%s.Interval(nil, 0.99))\n", name)
			want = append(want, fmt.Sprintln([]float64(nil), []float64(nil), false))
		}
	})
	write("go.mod", []byte("module exported\n"))
	write("main.go", []byte("package main\nimport \"fmt\"\nimport \"math\"\n"+imports.String()+`
func show(y []float64) {
	b := []uint64{}
	for _, v := range y { b = append(b, math.Float64bits(v)) }
	fmt.Printf("%x\n", b)
}
func main() {
`+calls.String()+"}\n"))
	run := exec.Command("go", "run", ".")
	run.Dir = dir
	run.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	for k := range want {
		if got[k] != strings.TrimSpace(want[k]) {
			t.Errorf("line %d: %s, want %s", k+1, got[k], want[k])
		}
	}
}

func bits(v []float64) []uint64 {
	b := []uint64{}
	for _, x := range v {
		b = append(b, math.Float64bits(x))
	}
	return b
}
