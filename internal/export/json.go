package export

import (
	"encoding/json"
	"io"
	"slices"

	"multigrade/grade"
	"multigrade/internal/schema"
)

const (
	jsonFormat  = "multigrade-flat"
	jsonVersion = 1
	// slopedVersion is that of a network with slopes, which a reader that knows
	// nothing of them must not take for relu.
	slopedVersion = 2
	// risingVersion is that of a network whose outputs are sorted at the end, with slopes
	// or without.
	risingVersion = 3
)

// The JSON object of a network. Its fields are those of grade.Flat, which says what
// is computed; numbers read back to the same float64.
type (
	flatJSON struct {
		Format  string   `json:"format"`
		Version int      `json:"version"`
		Data    dataJSON `json:"data"`
		Task    string   `json:"task"`
		Classes []string `json:"classes,omitempty"`
		Columns []string `json:"columns"` // inputs, in this order
		// Encoding makes the inputs of the columns of a table.
		Encoding schema.Encoding  `json:"encoding,omitempty"`
		Outputs  []string         `json:"outputs"`
		Input    standardiserJSON `json:"input"`
		Carry    []float64        `json:"carry_shift,omitempty"`
		Layers   []layerJSON      `json:"layers"`
		Output   standardiserJSON `json:"output"`
		// Rising: the outputs are quantiles, sorted.
		Rising bool `json:"rising,omitempty"`
		// Of classes, and of a regression, where the model can tell.
		Probabilities *probabilitiesJSON `json:"probabilities,omitempty"`
		Intervals     *intervalsJSON     `json:"intervals,omitempty"`
	}
	probabilitiesJSON struct {
		Calibrated bool      `json:"calibrated"`
		Slope      []float64 `json:"slope"`
		Offset     []float64 `json:"offset"`
	}
	intervalsJSON struct {
		Rows      int         `json:"rows"`
		Residuals [][]float64 `json:"residuals"`
	}
	dataJSON struct {
		Source string `json:"source"`
		SHA256 string `json:"sha256"`
	}
	standardiserJSON struct {
		Shift []float64 `json:"shift"`
		Scale []float64 `json:"scale"`
	}
	layerJSON struct {
		Weights  [][]float64 `json:"weights"`
		Bias     []float64   `json:"bias,omitempty"`
		Slope    float64     `json:"slope,omitempty"`
		Gates    [][]float64 `json:"gates,omitempty"`
		GateBias []float64   `json:"gate_bias,omitempty"`
		Output   [][]float64 `json:"output"`
		Constant []float64   `json:"constant"`
		Dead     []float64   `json:"dead_zone,omitempty"`
		Scale    []float64   `json:"feature_scale,omitempty"`
	}
)

// JSON writes the network as one line.
func JSON(w io.Writer, f *grade.Flat) error {
	j := flatJSON{Format: jsonFormat, Version: jsonVersion, Data: dataJSON{f.Data.Name, f.Data.SHA256}, Task: f.Task, Classes: f.Classes,
		Columns: f.Data.Columns, Encoding: f.Data.Encoding, Outputs: f.Outputs, Input: standardiserJSON(f.Input), Carry: f.Carry, Layers: []layerJSON{}, Output: standardiserJSON(f.Output), Rising: f.Rising}
	if f.Platt != nil {
		slope, offset := scaling(f.Platt)
		j.Probabilities = &probabilitiesJSON{f.Calibrated, slope, offset}
	}
	if c := f.Intervals; c != nil {
		j.Intervals = &intervalsJSON{c.Rows, c.Residuals}
	}
	if sloped(f) {
		j.Version = slopedVersion
	}
	if f.Rising {
		j.Version = risingVersion
	}
	for _, l := range f.Layers {
		j.Layers = append(j.Layers, layerJSON{Weights: matrixJSON(l.W), Bias: l.B, Slope: l.Slope, Gates: l.G, GateBias: l.GB,
			Output: matrixJSON(l.Out), Constant: l.Constant, Dead: l.Dead, Scale: l.Scale})
	}
	return json.NewEncoder(w).Encode(j)
}

// scaling has the slopes and the offsets apart.
func scaling(platt []grade.Platt) (slope, offset []float64) {
	for _, p := range platt {
		slope, offset = append(slope, p.Slope), append(offset, p.Offset)
	}
	return slope, offset
}

// sloped says that a layer has another slope for negative numbers than 0.
func sloped(f *grade.Flat) bool {
	return slices.ContainsFunc(f.Layers, func(l grade.FlatLayer) bool { return l.Slope != 0 })
}

// matrixJSON is never null.
func matrixJSON(rows [][]float64) [][]float64 { return append([][]float64{}, rows...) }
