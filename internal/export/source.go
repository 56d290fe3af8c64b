package export

import (
	"bytes"
	_ "embed"
	"fmt"
	"go/format"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"multigrade/grade"
)

//go:embed predict.go.tmpl
var predictSource string

var predictTemplate = template.Must(template.New("predict").Funcs(template.FuncMap{
	"strings": stringsLiteral, "vector": vectorLiteral, "matrix": matrixLiteral, "number": func(v *float64) string { return strconv.FormatFloat(*v, 'g', -1, 64) },
}).Parse(predictSource))

// Go returns the network as the source of a Go package of the given name, which
// needs nothing but fmt.
func Go(f *grade.Flat, name string) ([]byte, error) {
	var b bytes.Buffer
	gated := func(l grade.FlatLayer) bool { return l.G != nil }
	dead := func(l grade.FlatLayer) bool { return l.Dead != nil }
	slope, offset := scaling(f.Platt)
	err := predictTemplate.Execute(&b, struct {
		*grade.Flat
		Package             string
		Slope, Offset       []float64 // of the scores, for probabilities
		Sloped, Gated, Dead bool
	}{f, name, slope, offset, sloped(f), slices.ContainsFunc(f.Layers, gated), slices.ContainsFunc(f.Layers, dead)})
	if err != nil {
		return nil, err
	}
	return format.Source(b.Bytes())
}

func stringsLiteral(names []string) string { return fmt.Sprintf("%#v", names) }

// vectorLiteral writes shortest decimals that read back to the same float64.
func vectorLiteral(v []float64) string {
	if v == nil {
		return "nil"
	}
	return "[]float64" + numbers(v)
}

func numbers(v []float64) string {
	const perLine = 8
	var b strings.Builder
	b.WriteString("{")
	for j, x := range v {
		if j > 0 {
			b.WriteString(", ")
			if j%perLine == 0 {
				b.WriteString("\n")
			}
		}
		b.WriteString(strconv.FormatFloat(x, 'g', -1, 64))
	}
	b.WriteString("}")
	return b.String()
}

func matrixLiteral(rows [][]float64) string {
	var b strings.Builder
	b.WriteString("[][]float64{\n")
	for _, row := range rows {
		b.WriteString(numbers(row) + ",\n")
	}
	b.WriteString("}")
	return b.String()
}
