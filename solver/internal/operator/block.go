package operator

// Block is one group of variables u_j of the program: a cell and the sign s_j
// with which its neuron enters the prediction.
type Block struct {
	Cell int
	Sign float64
}
