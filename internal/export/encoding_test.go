package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/onnx"
	"multigrade/internal/schema"
)

// encodedTable is a model of a table with numbers, texts and a date, and rows of the table.
type encodedTable struct {
	model   *grade.Model
	flat    *grade.Flat
	numbers map[string][]float64 // NaN is missing
	texts   map[string][]string  // "" is missing
	x, y    *mat.Dense
}

func newEncodedTable(t *testing.T) *encodedTable {
	t.Helper()
	rnd := rand.New(rand.NewPCG(3, 4))
	mean := 0.1 + 0.2
	e := schema.Encoding{{Name: "a"}, {Name: "b \"quoted\"", Impute: &mean, Indicator: true}, {Name: "c", Levels: []string{"red", "b,\"c\"", "é"}, Other: true, Indicator: true},
		{Name: "d", Levels: []string{"u", "v"}}, {Name: "when", Date: "yyyy-mm-dd"}}
	m := shape{name: "encoded", features: len(e.Names()), targets: 1, grades: 2, carry: true, bias: true}.model(t, rnd)
	m.Data.Columns, m.Data.Encoding = e.Names(), e
	const n = 24
	s := &encodedTable{model: m, numbers: map[string][]float64{}, texts: map[string][]string{}, x: mat.NewDense(n, len(e.Names()), nil)}
	for i := range n {
		dst := s.x.RawRowView(i)
		for k := range e {
			c := &e[k]
			missing := c.Indicator && rnd.IntN(3) == 0
			number, text := rnd.NormFloat64(), ""
			if c.Date != "" {
				number = math.Floor(1000 * number)
			}
			if c.IsText() && !missing {
				text = slices.Concat(c.Levels, []string{"never seen"})[rnd.IntN(len(c.Levels)+1)]
			}
			dst = c.Put(dst, missing, number, text)
			if missing {
				number = math.NaN()
			}
			s.numbers[c.Name], s.texts[c.Name] = append(s.numbers[c.Name], number), append(s.texts[c.Name], text)
		}
	}
	var err error
	if s.y, err = m.Predict(s.x); err != nil {
		t.Fatal(err)
	}
	if s.flat, err = m.Flatten(len(m.Grades)); err != nil {
		t.Fatal(err)
	}
	return s
}

// The graph takes the columns of the table, missing ones and unseen texts included.
func TestONNXOfColumns(t *testing.T) {
	s := newEncodedTable(t)
	model, err := decode(ONNX(s.flat, onnx.Float64, "1"))
	if err != nil {
		t.Fatal(err)
	}
	domains := map[string]int{}
	for _, set := range model.messages(8) {
		domains[set.text(1)] = set.integer(2)
	}
	if domains[""] != 13 || domains["ai.onnx.ml"] != 2 {
		t.Errorf("operator sets %v", domains)
	}
	graph := model.messages(7)[0]
	values, texts := map[string]*mat.Dense{}, map[string][]string{}
	for k, input := range graph.messages(11) {
		c := s.model.Data.Encoding[k]
		kind := 11
		if c.IsText() {
			kind, texts[input.text(1)] = 8, s.texts[c.Name]
		} else {
			values[input.text(1)] = mat.NewDense(len(s.numbers[c.Name]), 1, s.numbers[c.Name])
		}
		checkValue(t, input, kind, 1)
	}
	got, err := evaluateColumns(graph, values, texts)
	if err != nil {
		t.Fatal(err)
	}
	var off mat.Dense
	off.Sub(got, s.y)
	if worst := mat.Norm(&off, math.Inf(1)); !(worst <= 1e-13*mat.Norm(s.y, math.Inf(1))) {
		t.Errorf("off by %v", worst)
	}
}

// What FORMAT.md says of encoding makes the inputs, to the bit.
func TestJSONOfColumns(t *testing.T) {
	s := newEncodedTable(t)
	var b bytes.Buffer
	if err := JSON(&b, s.flat); err != nil {
		t.Fatal(err)
	}
	var j map[string]any
	if err := json.Unmarshal(b.Bytes(), &j); err != nil {
		t.Fatal(err)
	}
	for i := range s.x.RawMatrix().Rows {
		var x []float64
		for _, entry := range j["encoding"].([]any) {
			c := entry.(map[string]any)
			name := c["name"].(string)
			number, text := s.numbers[name][i], s.texts[name][i]
			levels, isText := c["levels"].([]any)
			missing := math.IsNaN(number)
			if isText {
				missing = text == ""
			} else if missing {
				number = c["impute"].(float64)
			}
			if !isText {
				x = append(x, number)
			}
			known := false
			for _, level := range levels {
				x = append(x, bit(!missing && level == text))
				known = known || level == text
			}
			if c["other"] == true {
				x = append(x, bit(!missing && !known))
			}
			if c["indicator"] == true {
				x = append(x, bit(missing))
			}
		}
		if want := s.x.RawRowView(i); !slices.Equal(bits(x), bits(want)) {
			t.Fatalf("row %d: %v, want %v", i, x, want)
		}
		if y := documented(j, x); !slices.Equal(bits(y), bits(s.y.RawRowView(i))) {
			t.Fatalf("row %d: %v, want %v", i, y, s.y.RawRowView(i))
		}
	}
}

// Encode and Predict of the source are the model, to the bit; what is missing where it must
// not be is an error.
func TestGoOfColumns(t *testing.T) {
	s := newEncodedTable(t)
	source, err := Go(s.flat, "main")
	if err != nil {
		t.Fatal(err)
	}
	var calls, want strings.Builder
	for i := range s.x.RawMatrix().Rows {
		calls.WriteString("show(map[string]interface{}{")
		for _, c := range s.model.Data.Encoding {
			number, text := s.numbers[c.Name][i], s.texts[c.Name][i]
			switch {
			case c.IsText() && text != "":
				fmt.Fprintf(&calls, "%q: %q, ", c.Name, " "+text+" ")
			case c.Date != "":
				fmt.Fprintf(&calls, "%q: time.Unix(%d, 0), ", c.Name, int64(number)*86400)
			case !c.IsText() && math.IsNaN(number) && i%2 == 0:
				fmt.Fprintf(&calls, "%q: math.NaN(), ", c.Name)
			case !c.IsText() && !math.IsNaN(number):
				fmt.Fprintf(&calls, "%q: %s, ", c.Name, strings.TrimPrefix(vectorLiteral([]float64{number}), "[]float64")+"[0]")
			}
		}
		calls.WriteString("})\n")
		fmt.Fprintf(&want, "%x\n", bits(s.y.RawRowView(i)))
	}
	calls.WriteString("show(map[string]interface{}{\"a\": 1.0})\n")
	want.WriteString("error\n")
	dir := t.TempDir()
	main := "package main\nimport (\"fmt\"; \"math\"; \"time\")\n" + `
func show(row map[string]interface{}) {
	x, err := Encode(row)
	if err != nil {
		fmt.Println("error")
		return
	}
	b := []uint64{}
	for _, v := range Predict(x) { b = append(b, math.Float64bits(v)) }
	fmt.Printf("%x\n", b)
}
func main() {
` + strings.ReplaceAll(calls.String(), ": {", ": []float64{") + "}\n"
	for name, content := range map[string]string{"go.mod": "module exported\n", "model.go": string(source), "main.go": main} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.Command("go", "run", ".")
	run.Dir = dir
	run.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if string(out) != want.String() {
		t.Errorf("got\n%swant\n%s", out, want.String())
	}
}
