package cube

import (
	"errors"
	"fmt"
	"maps"
	"multigrade/proofs/internal/strict"
	"multigrade/proofs/internal/verdict"
	"os"
	"path/filepath"
)

// NetworkFile holds the networks of the grades written out, if a run has it.
const NetworkFile = "network.json"

// ClaimNetwork names the claim that a network written out computes its grade: exactly, and on a layer that carries x.
const ClaimNetwork = "network"

// A cubeNetworks is the content of network.json.
type cubeNetworks struct {
	Format   string         `json:"format"`
	Version  int            `json:"version"`
	Dim      int            `json:"dim"`
	Networks []*deepNetwork `json:"networks"`
}

// A deepNetwork has layers of relu(affine) channels and an affine output.
type deepNetwork struct {
	Dim          int            `json:"dim"`
	Construction string         `json:"construction"`
	Layers       [][]deepAffine `json:"layers"`
	Output       deepAffine     `json:"output"`
}

type deepAffine struct {
	Terms []struct {
		Channel int     `json:"channel"`
		Weight  float64 `json:"weight"`
	} `json:"terms"`
	Bias float64 `json:"bias"`
}

// judgeNetworks judges network.json, if it is there: serves says what network n of
// grade k from 0 is, or why not.
func (c *cubeChecker) judgeNetworks(dir string, grades int, serves func(k int, n *deepNetwork) (string, error)) error {
	text, err := os.ReadFile(filepath.Join(dir, NetworkFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var all cubeNetworks
	err = strict.JSON(text, &all)
	if d := c.model.Target.Dim; err == nil && (all.Format != "multigrade-network" || all.Version != 1 || all.Dim != d) {
		err = fmt.Errorf("format %q version %d, dim %d, expected \"multigrade-network\" version 1, dim %d", all.Format, all.Version, all.Dim, d)
	}
	if err == nil && len(all.Networks) != grades {
		err = fmt.Errorf("networks: %d, expected %d", len(all.Networks), grades)
	}
	if err != nil {
		c.report.Add(verdict.ClaimFormat, NetworkFile, verdict.Malformed, err.Error())
		return nil
	}
	for k, n := range all.Networks {
		detail, err := serves(k, n)
		c.report.Judge(ClaimNetwork, fmt.Sprintf("grade %d", k+1), detail, err)
	}
	return nil
}

// serves compares a network, layer by layer, with the one that computes the units of a grade one after the other in
// channels x, r, P, Q: r holds a unit, which the next layer adds to P if its output weight is positive and to Q,
// negated, if not; they begin with the constant. The last layer is x, relu(P - Q - eps), relu(Q - P - eps).
func (n *deepNetwork) serves(g *trainedGrade, d int) error {
	if n == nil || n.Dim != d || len(n.Layers) != len(g.Units)+2 {
		return fmt.Errorf("not of dimension %d with %d layers", d, len(g.Units)+2)
	}
	r, p, q := d, d+1, d+2
	for i, layer := range n.Layers[:len(g.Units)+1] {
		expected := append(carryAll(d), affineForm{}, affineForm{bias: max(g.Constant, 0)}, affineForm{bias: max(-g.Constant, 0)})
		if i < len(g.Units) {
			expected[r] = unitForm(&g.Units[i])
		}
		if i > 0 {
			expected[p], expected[q] = form1(p, 1), form1(q, 1)
			if a := g.Units[i-1].Alpha; a > 0 {
				expected[p].weight[r] = a
			} else if a < 0 {
				expected[q].weight[r] = -a
			}
		}
		if err := sameLayer(layer, expected); err != nil {
			return fmt.Errorf("layer %d, %w", i+1, err)
		}
	}
	up, down := affineForm{map[int]float64{p: 1, q: -1}, -g.Eps}, affineForm{map[int]float64{p: -1, q: 1}, -g.Eps}
	if err := sameLayer(n.Layers[len(g.Units)+1], append(carryAll(d), up, down)); err != nil {
		return fmt.Errorf("last layer, %w", err)
	}
	return sameLayer([]deepAffine{n.Output}, []affineForm{{map[int]float64{d: 1, d + 1: -1}, 0}})
}

// An affineForm is the function bias + sum of weight[j] times channel j; there are no weights 0.
type affineForm struct {
	weight map[int]float64
	bias   float64
}

func form1(channel int, weight float64) affineForm {
	return affineForm{map[int]float64{channel: weight}, 0}
}

func carryAll(d int) []affineForm {
	all := make([]affineForm, d)
	for j := range all {
		all[j] = form1(j, 1)
	}
	return all
}

func unitForm(u *cubeUnit) affineForm {
	f := affineForm{map[int]float64{}, u.B}
	for j, w := range u.W {
		if w != 0 {
			f.weight[j] = w
		}
	}
	return f
}

func sameLayer(got []deepAffine, want []affineForm) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d channels, expected %d", len(got), len(want))
	}
	for i, a := range got {
		weight := map[int]float64{}
		for _, t := range a.Terms {
			sum := weight[t.Channel] + t.Weight
			if sum-t.Weight != weight[t.Channel] || sum-weight[t.Channel] != t.Weight {
				return fmt.Errorf("channel %d: channel %d enters with %v and %v, whose sum is not a float64", i, t.Channel, weight[t.Channel], t.Weight)
			}
			if weight[t.Channel] = sum; sum == 0 {
				delete(weight, t.Channel)
			}
		}
		if a.Bias != want[i].bias || !maps.Equal(weight, want[i].weight) {
			return fmt.Errorf("channel %d: weights %v, bias %v, expected %v and %v", i, weight, a.Bias, want[i].weight, want[i].bias)
		}
	}
	return nil
}
