package proofs_test

import (
	"fmt"
	"strings"

	"multigrade/proofs"
)

// certificate proves that one neuron with w = (1, 0), alpha = 1 is optimal for four
// points over one listed pattern: primal and bound are both 0.40625.
const certificate = `multigrade-certificate 1
rows 4
cols 2
neurons 1
patterns 1
multipliers 5
section program
activation relu
loss squared
intercept false
beta 0.25
sha256 1f181056bb46e99d953bf1521cd1b70d722e14f9ecf81312c54eb5e8b9266de1
section data dense
x 0 1
x 0 -2
x 0 0
x 2 0
y -1 0 0 2.5
section network
constant 0
neuron 0 1
w 1 0
primal 0.40625
objective 0.40625
section dual restricted
nu -1 0 0 0.5
bound 0.40625
section patterns
pattern 0000000000000009
mu+ 2 0 0.5 1 0.25
mu- 3 1 0 2 3 3 0.5
section gap
rel_gap 0
tol 1e-06
status optimal
end
`

func ExampleCheckReader() {
	r, err := proofs.CheckReader(strings.NewReader(certificate))
	fmt.Println(r.Verdict(), err)
	lie := strings.Replace(certificate, "\nbound 0.40625", "\nbound 0.41", 1)
	r, err = proofs.CheckReader(strings.NewReader(lie))
	fmt.Println(r.Verdict(), err)
	// Output:
	// valid <nil>
	// invalid <nil>
}
