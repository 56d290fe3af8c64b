package approx_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multigrade/approx"
	"multigrade/proofs"
)

// The networks of a trained scheme written out: the checker finds them to compute the grades, and nothing else that
// differs in a weight, a channel or a layer.
func TestTrainedNetworkFile(t *testing.T) {
	s := trained(t, "sin(4*x)*(1-y/3)", 2, knots(3, 0.01), func(o *approx.TrainOptions) { o.Grades, o.Samples = 2, 8 })
	dir := t.TempDir()
	if err := approx.SaveTrained(dir, s); err != nil {
		t.Fatal(err)
	}
	networks := func() []*approx.Network {
		var all []*approx.Network
		for _, g := range s.Grades {
			n, err := g.Net.Network(g.Eps)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, n)
		}
		return all
	}
	check := func(all []*approx.Network) proofs.Report {
		raw, err := json.Marshal(map[string]any{"format": "multigrade-network", "version": 1, "dim": 2, "networks": all})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, proofs.CubeNetworkFile), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := proofs.CheckTrainedCube(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := check(networks())
	wantValid(t, "as written", r)
	if n := len(r.Claims); r.Claims[n-1].Name != proofs.ClaimNetwork || r.Claims[n-2].Name != proofs.ClaimNetwork {
		t.Errorf("no claims about the networks: %+v", r.Claims[n-2:])
	}
	for what, c := range map[string]struct {
		detail string
		change func(n *approx.Network)
	}{
		"a unit's weight": {"layer 2, channel 2", func(n *approx.Network) { n.Layers[1][2].Terms[0].Weight *= 1 + 0x1p-52 }},
		"a unit's bias":   {"layer 1, channel 2", func(n *approx.Network) { n.Layers[0][2].Bias += 0x1p-50 }},
		"an output":       {"layer 3, channel ", func(n *approx.Network) { n.Layers[2][3].Terms[0].Weight = 2 }},
		"the constant":    {"layer 1, channel ", func(n *approx.Network) { n.Layers[0][3].Bias += 1 }},
		"the dead zone":   {"last layer, channel 2", func(n *approx.Network) { n.Layers[len(n.Layers)-1][2].Bias *= 1 + 0x1p-52 }},
		"what is carried": {"layer 1, channel 1", func(n *approx.Network) { n.Layers[0][1].Terms[0].Channel = 0 }},
		"the readout":     {"channel 0", func(n *approx.Network) { n.Output.Terms[1].Weight = 1 }},
		"a term more": {"layer 2, channel 0", func(n *approx.Network) {
			n.Layers[1][0].Terms = append(n.Layers[1][0].Terms, approx.Term{Channel: 0, Weight: 1})
		}},
		"a layer less":   {"layers", func(n *approx.Network) { n.Layers = n.Layers[1:] }},
		"a channel more": {"channels", func(n *approx.Network) { n.Layers[0] = append(n.Layers[0], approx.Affine{}) }},
	} {
		all := networks()
		c.change(all[0])
		bad := 0
		for _, claim := range check(all).Claims {
			if claim.Verdict == proofs.Invalid {
				if bad++; claim.Name != proofs.ClaimNetwork || claim.Scope != "grade 1" || !strings.Contains(claim.Detail, c.detail) {
					t.Errorf("%s: %s, %s: %s", what, claim.Name, claim.Scope, claim.Detail)
				}
			}
		}
		if bad != 1 {
			t.Errorf("%s: %d claims refused", what, bad)
		}
	}
	if v := check(networks()[:1]).Verdict(); v != proofs.Malformed {
		t.Errorf("a network too few: %v", v)
	}
}
