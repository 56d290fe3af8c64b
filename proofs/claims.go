package proofs

import (
	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/cube"
	"multigrade/proofs/internal/run"
	"multigrade/proofs/internal/verdict"
)

// Names of claims; FORMAT.md says when each is true.
const (
	ClaimFormat = verdict.ClaimFormat
	ClaimFile   = verdict.ClaimFile

	// of a certificate
	ClaimProgram        = certificate.ClaimProgram
	ClaimPrimalFeasible = certificate.ClaimPrimalFeasible
	ClaimPrimal         = certificate.ClaimPrimal
	ClaimObjective      = certificate.ClaimObjective
	ClaimMultipliers    = certificate.ClaimMultipliers
	ClaimDualFeasible   = certificate.ClaimDualFeasible
	ClaimDual           = certificate.ClaimDual
	ClaimGap            = certificate.ClaimGap
	ClaimGlobalFeasible = certificate.ClaimGlobalFeasible
	ClaimGlobalDual     = certificate.ClaimGlobalDual
	ClaimGlobalGap      = certificate.ClaimGlobalGap

	// of a training run
	ClaimData            = run.ClaimData
	ClaimStandardisation = run.ClaimStandardisation
	ClaimComposition     = run.ClaimComposition
	ClaimLedger          = run.ClaimLedger
	ClaimDecreasing      = run.ClaimDecreasing
	ClaimStatus          = run.ClaimStatus
	ClaimDecomposed      = run.ClaimDecomposed
	ClaimMonotone        = run.ClaimMonotone
	ClaimWidth           = run.ClaimWidth
	ClaimSettings        = run.ClaimSettings
	ClaimSamples         = run.ClaimSamples

	// of a training run and of a trained scheme on the cube
	ClaimDeadZone = verdict.ClaimDeadZone

	// of a scheme on the cube
	ClaimHats       = cube.ClaimHats
	ClaimThreshold  = cube.ClaimThreshold
	ClaimAside      = cube.ClaimAside
	ClaimVariation  = cube.ClaimVariation
	ClaimPointwise  = cube.ClaimPointwise
	ClaimStrict     = cube.ClaimStrict
	ClaimSup        = cube.ClaimSup
	ClaimNorms      = cube.ClaimNorms
	ClaimUnits      = cube.ClaimUnits
	ClaimNetwork    = cube.ClaimNetwork
	ClaimLipschitz  = cube.ClaimLipschitz
	ClaimContinuous = cube.ClaimContinuous
	ClaimStated     = cube.ClaimStated
)
