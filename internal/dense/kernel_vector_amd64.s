#include "textflag.h"

// Entry i of a sum goes to lane i % 8: lanes 0..3 and 4..7 are two registers.
// Products and sums are rounded one after the other, as in the Go kernels.

DATA tail<>+0(SB)/8, $-1
DATA tail<>+8(SB)/8, $-1
DATA tail<>+16(SB)/8, $-1
DATA tail<>+24(SB)/8, $0
DATA tail<>+32(SB)/8, $0
DATA tail<>+40(SB)/8, $0
GLOBL tail<>(SB), RODATA|NOPTR, $48

#define TERM(src, x, acc) \
	VMULPD src, x, Y12 \
	VADDPD Y12, acc, acc

#define MASKED(src, x, acc) \
	VMASKMOVPD src, Y15, Y12 \
	VMULPD Y12, x, Y12 \
	VADDPD Y12, acc, acc

// lo = the sum of the lanes of lo and hi; x is the low half of lo.
#define REDUCE(lo, hi, x) \
	VADDPD hi, lo, lo \
	VEXTRACTF128 $1, lo, X12 \
	VADDPD X12, x, x \
	VUNPCKHPD x, x, X12 \
	VADDSD X12, x, x

// func dots4(n int, a *float64, lda int, x, out *float64)
TEXT ·dots4(SB), NOSPLIT, $0-40
	MOVQ n+0(FP), CX
	MOVQ a+8(FP), AX
	MOVQ lda+16(FP), R8
	MOVQ x+24(FP), BX
	MOVQ out+32(FP), DI
	SHLQ $3, R8
	LEAQ (R8)(R8*2), R9
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7
	MOVQ CX, DX
	ANDQ $7, DX
	SHRQ $3, CX
	JZ   half

	PCALIGN $32
eight:
	VMOVUPD (BX), Y8
	VMOVUPD 32(BX), Y9
	TERM((AX), Y8, Y0)
	TERM(32(AX), Y9, Y1)
	TERM((AX)(R8*1), Y8, Y2)
	TERM(32(AX)(R8*1), Y9, Y3)
	TERM((AX)(R8*2), Y8, Y4)
	TERM(32(AX)(R8*2), Y9, Y5)
	TERM((AX)(R9*1), Y8, Y6)
	TERM(32(AX)(R9*1), Y9, Y7)
	ADDQ $64, BX
	ADDQ $64, AX
	DECQ CX
	JNZ  eight

half:
	MOVQ $3, R10
	LEAQ tail<>(SB), R11
	CMPQ DX, $4
	JLT  low
	VMOVUPD (BX), Y8
	TERM((AX), Y8, Y0)
	TERM((AX)(R8*1), Y8, Y2)
	TERM((AX)(R8*2), Y8, Y4)
	TERM((AX)(R9*1), Y8, Y6)
	ADDQ $32, BX
	ADDQ $32, AX
	SUBQ $4, DX
	JZ   sum
	SUBQ DX, R10
	VMOVUPD (R11)(R10*8), Y15
	VMASKMOVPD (BX), Y15, Y8
	MASKED((AX), Y8, Y1)
	MASKED((AX)(R8*1), Y8, Y3)
	MASKED((AX)(R8*2), Y8, Y5)
	MASKED((AX)(R9*1), Y8, Y7)
	JMP  sum

low:
	TESTQ DX, DX
	JZ    sum
	SUBQ DX, R10
	VMOVUPD (R11)(R10*8), Y15
	VMASKMOVPD (BX), Y15, Y8
	MASKED((AX), Y8, Y0)
	MASKED((AX)(R8*1), Y8, Y2)
	MASKED((AX)(R8*2), Y8, Y4)
	MASKED((AX)(R9*1), Y8, Y6)

sum:
	REDUCE(Y0, Y1, X0)
	REDUCE(Y2, Y3, X2)
	REDUCE(Y4, Y5, X4)
	REDUCE(Y6, Y7, X6)
	VMOVSD X0, (DI)
	VMOVSD X2, 8(DI)
	VMOVSD X4, 16(DI)
	VMOVSD X6, 24(DI)
	VZEROUPPER
	RET

// func dot1(n int, a, x *float64) float64
TEXT ·dot1(SB), NOSPLIT, $0-32
	MOVQ n+0(FP), CX
	MOVQ a+8(FP), AX
	MOVQ x+16(FP), BX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	MOVQ CX, DX
	ANDQ $7, DX
	SHRQ $3, CX
	JZ   half

	PCALIGN $32
eight:
	VMOVUPD (BX), Y8
	VMOVUPD 32(BX), Y9
	VMULPD (AX), Y8, Y12
	VMULPD 32(AX), Y9, Y13
	VADDPD Y12, Y0, Y0
	VADDPD Y13, Y1, Y1
	ADDQ $64, BX
	ADDQ $64, AX
	DECQ CX
	JNZ  eight

half:
	MOVQ $3, R10
	LEAQ tail<>(SB), R11
	CMPQ DX, $4
	JLT  low
	VMOVUPD (BX), Y8
	TERM((AX), Y8, Y0)
	ADDQ $32, BX
	ADDQ $32, AX
	SUBQ $4, DX
	JZ   sum
	SUBQ DX, R10
	VMOVUPD (R11)(R10*8), Y15
	VMASKMOVPD (BX), Y15, Y8
	MASKED((AX), Y8, Y1)
	JMP  sum

low:
	TESTQ DX, DX
	JZ    sum
	SUBQ DX, R10
	VMOVUPD (R11)(R10*8), Y15
	VMASKMOVPD (BX), Y15, Y8
	MASKED((AX), Y8, Y0)

sum:
	REDUCE(Y0, Y1, X0)
	VMOVSD X0, ret+24(FP)
	VZEROUPPER
	RET

// func axpys4(n int, c, a *float64, lda int, y *float64)
TEXT ·axpys4(SB), NOSPLIT, $0-40
	MOVQ n+0(FP), CX
	MOVQ c+8(FP), DX
	MOVQ a+16(FP), AX
	MOVQ lda+24(FP), R8
	MOVQ y+32(FP), DI
	SHLQ $3, R8
	LEAQ (R8)(R8*2), R9
	VBROADCASTSD (DX), Y0
	VBROADCASTSD 8(DX), Y1
	VBROADCASTSD 16(DX), Y2
	VBROADCASTSD 24(DX), Y3
	MOVQ CX, DX
	ANDQ $7, DX
	SHRQ $3, CX
	JZ   half

	PCALIGN $32
eight:
	VMOVUPD (DI), Y8
	VMOVUPD 32(DI), Y9
	VMULPD (AX), Y0, Y10
	VMULPD 32(AX), Y0, Y11
	VADDPD Y10, Y8, Y8
	VADDPD Y11, Y9, Y9
	VMULPD (AX)(R8*1), Y1, Y10
	VMULPD 32(AX)(R8*1), Y1, Y11
	VADDPD Y10, Y8, Y8
	VADDPD Y11, Y9, Y9
	VMULPD (AX)(R8*2), Y2, Y10
	VMULPD 32(AX)(R8*2), Y2, Y11
	VADDPD Y10, Y8, Y8
	VADDPD Y11, Y9, Y9
	VMULPD (AX)(R9*1), Y3, Y10
	VMULPD 32(AX)(R9*1), Y3, Y11
	VADDPD Y10, Y8, Y8
	VADDPD Y11, Y9, Y9
	VMOVUPD Y8, (DI)
	VMOVUPD Y9, 32(DI)
	ADDQ $64, DI
	ADDQ $64, AX
	DECQ CX
	JNZ  eight

half:
	CMPQ DX, $4
	JLT  low
	VMOVUPD (DI), Y8
	TERM((AX), Y0, Y8)
	TERM((AX)(R8*1), Y1, Y8)
	TERM((AX)(R8*2), Y2, Y8)
	TERM((AX)(R9*1), Y3, Y8)
	VMOVUPD Y8, (DI)
	ADDQ $32, DI
	ADDQ $32, AX
	SUBQ $4, DX

low:
	TESTQ DX, DX
	JZ    end

one:
	VMOVSD (DI), X8
	VMULSD (AX), X0, X12
	VADDSD X12, X8, X8
	VMULSD (AX)(R8*1), X1, X12
	VADDSD X12, X8, X8
	VMULSD (AX)(R8*2), X2, X12
	VADDSD X12, X8, X8
	VMULSD (AX)(R9*1), X3, X12
	VADDSD X12, X8, X8
	VMOVSD X8, (DI)
	ADDQ $8, DI
	ADDQ $8, AX
	DECQ DX
	JNZ  one

end:
	VZEROUPPER
	RET

// func axpy1(n int, c float64, a, y *float64)
TEXT ·axpy1(SB), NOSPLIT, $0-32
	MOVQ n+0(FP), CX
	VBROADCASTSD c+8(FP), Y0
	MOVQ a+16(FP), AX
	MOVQ y+24(FP), DI
	MOVQ CX, DX
	ANDQ $7, DX
	SHRQ $3, CX
	JZ   half

	PCALIGN $32
eight:
	VMULPD (AX), Y0, Y10
	VMULPD 32(AX), Y0, Y11
	VADDPD (DI), Y10, Y10
	VADDPD 32(DI), Y11, Y11
	VMOVUPD Y10, (DI)
	VMOVUPD Y11, 32(DI)
	ADDQ $64, DI
	ADDQ $64, AX
	DECQ CX
	JNZ  eight

half:
	CMPQ DX, $4
	JLT  low
	VMULPD (AX), Y0, Y10
	VADDPD (DI), Y10, Y10
	VMOVUPD Y10, (DI)
	ADDQ $32, DI
	ADDQ $32, AX
	SUBQ $4, DX

low:
	TESTQ DX, DX
	JZ    end

one:
	VMULSD (AX), X0, X10
	VADDSD (DI), X10, X10
	VMOVSD X10, (DI)
	ADDQ $8, DI
	ADDQ $8, AX
	DECQ DX
	JNZ  one

end:
	VZEROUPPER
	RET
