package approx

import "fmt"

// An edge of a dead zone: with edges at t_i of weights w_i the correction is the sum of w_i (relu(g - t_i) - relu(-g - t_i)). All have sum w_i = 1.
type edge struct{ at, weight float64 }

// edges are those of DeadZone, or of FirmZone.
func edges(eps float64, firm bool) []edge {
	if firm {
		return []edge{{eps, 2}, {2 * eps, -1}}
	}
	return []edge{{eps, 1}}
}

// FirmZone returns 0 for |g| <= eps, g for |g| >= 2 eps and what is linear between, with slope 2: a correction with the same properties as
// DeadZone, |e - q| <= |e| and |e - q| <= 2 eps, that leaves no more than the network's error, e - q = e - g, where |g| >= 2 eps, instead of about eps. |e - q| < |e| where
// |g| > 2 eps. It takes four neurons instead of two. (As a shrinkage of coefficients: Gao and Bruce, WaveShrink with firm shrinkage, 1997.)
//
// Proof. Let g > 0 (the mirror image otherwise), g - eps <= e <= g + eps. For g >= 2 eps, 2e - g >= g - 2 eps >= 0 and |e - g| <= eps. For eps <= g <= 2 eps,
// 0 <= q = 2(g - eps) <= 2e, and -eps <= e - g <= e - q = (e - g) + (2 eps - g) <= 2 eps. For g < eps, |e| <= 2 eps. 0 <= q <= 2e is |e - q| <= |e|.
func FirmZone(g, eps float64) float64 {
	return zoneOf(g, edges(eps, true))
}

func zoneOf(g float64, of []edge) (q float64) {
	for _, e := range of {
		q += float64(e.weight * (max(0, g-e.at) - max(0, -g-e.at)))
	}
	return q
}

// DeadZone returns relu(g - eps) - relu(-g - eps): the correction that turns any approximation g of a residual e with
// |e - g| <= eps into one with |e - q| <= |e|, |e - q| <= 2 eps, and |e - q| < |e| where |g| > eps. For eps >= 0.
//
// Proof. Let g > eps (g < -eps is the mirror image; otherwise q = 0 and |e| <= |g| + eps <= 2 eps). Then
// 0 < q = g - eps <= e, so 0 <= e - q < e, and e - q = (e - g) + eps <= 2 eps.
func DeadZone(g, eps float64) float64 {
	return max(0, g-eps) - max(0, -g-eps)
}

// WithDeadZone returns the network followed by a layer that applies DeadZone to its output g: x and the two neurons
// relu(g - eps), relu(-g - eps), so of width d+2. eps must bound |e - g| on the cube, for the exact network.
func (n *Network) WithDeadZone(eps float64) (*Network, error) {
	if !(eps >= 0) || eps > 0x1p1000 {
		return nil, fmt.Errorf("dead zone %g: expected a finite number >= 0", eps)
	}
	if n.Output.Bias != 0 {
		// bias - eps need not be a float64, and then the layer would not be exact.
		return nil, fmt.Errorf("dead zone: the network's output has the bias %g: expected 0, as the wide network has", n.Output.Bias)
	}
	layer := make(Layer, n.Dim, n.Dim+2)
	for j := range layer {
		layer[j] = pass(j)
	}
	up, down := Affine{Terms: n.Output.Terms, Bias: -eps}, Affine{Bias: -eps}
	for _, t := range n.Output.Terms {
		down.Terms = append(down.Terms, Term{t.Channel, -t.Weight})
	}
	d := n.Dim
	return &Network{
		Dim: d, Construction: n.Construction + "+deadzone",
		Layers: append(append([]Layer(nil), n.Layers...), append(layer, up, down)),
		Output: Affine{Terms: []Term{{d, 1}, {d + 1, -1}}},
	}, nil
}
