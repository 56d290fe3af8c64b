package approx

import "fmt"

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
