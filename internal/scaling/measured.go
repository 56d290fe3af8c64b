package scaling

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
)

// Measured are costs of single shards, in seconds of one processor, as the test -measure of this
// package finds them.
type Measured struct {
	Machine string `json:"machine"`
	// Fits are calls of solve for a grade of the diabetes data (442 x 10), processes of their own.
	Fits []float64 `json:"fits"`
	// FitBytes are what a fit leaves, on average.
	FitBytes float64 `json:"fit_bytes"`
	// FitMerge is what sweep merge takes for each fit that is done, without the start of the program.
	FitMerge float64 `json:"fit_merge"`
	Proof    struct {
		Start  float64   `json:"start"`  // of a process that does a shard
		Shards []float64 `json:"shards"` // of the shards of a proof, without Start
		Nodes  []float64 `json:"nodes"`  // that each grew
		Bytes  float64   `json:"bytes"`  // of a node in a file
		Merge  float64   `json:"merge"`  // of a node, in a merge that leaves leaves open
		Check  float64   `json:"check"`  // of a node, in the merge that ends the proof: what the checker takes
	} `json:"proof"`
	Rows struct {
		Rows    int     `json:"rows"`
		Columns int     `json:"columns"`
		Gates   int     `json:"gates"`
		Passes  int     `json:"passes"`  // until certified to 1e-6
		PerRow  float64 `json:"per_row"` // of a pass, on average
		Serial  float64 `json:"serial"`  // between passes, on average
		Gram    int     `json:"gram"`    // columns of the Gram matrix in the end
	} `json:"rows"`
}

//go:embed measured.json
var measured []byte

// Load are the costs that this package has.
func Load() (*Measured, error) {
	m := new(Measured)
	d := json.NewDecoder(bytes.NewReader(measured))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("scaling: measured.json: %w", err)
	}
	return m, nil
}
