(** * What composition is for: x (1 - x), one layer of two units per grade

    With the tent t(x) = 2 relu(x) - 4 relu(x - 1/2) of [0,1] onto itself, s(x) = x (1 - x) satisfies s(x) = (t(x) + s(t(x))) / 4.  So with
    x_0 = x, x_(k+1) = t(x_k), the grades g_k = x_(k+1) / 4^(k+1) leave e_k = s(x_k) / 4^k: pointwise nonincreasing and at most 4^-(k+1),
    with one layer of width 2 per grade on the hidden features of the grade before.  A grid scheme of constant size per grade cannot do
    this: depth makes the rate geometric. *)

From Coq Require Import Reals List Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Multigrade Require Import FiniteSum TrainingBound SoftThreshold KuhnHat Continuity CubeIntegral Scheme ReluNetwork Hypercube.
Import ListNotations.
Open Scope R_scope.

Definition tent (x : R) : R := 2 * relu x - 4 * relu (x - 1 / 2).
Definition parabola (x : R) : R := x * (1 - x).
Fixpoint folded (k : nat) (x : R) : R := match k with O => x | S k' => tent (folded k' x) end.

Lemma tent_cases x : 0 <= x <= 1 -> (x <= 1 / 2 /\ tent x = 2 * x) \/ (1 / 2 <= x /\ tent x = 2 - 2 * x).
Proof.
  intros Hx. unfold tent. rewrite (relu_pos x) by lra. destruct (Rle_dec x (1 / 2)).
  - left. rewrite relu_neg by lra. lra.
  - right. rewrite relu_pos by lra. lra.
Qed.

Lemma folded_range k x : 0 <= x <= 1 -> 0 <= folded k x <= 1.
Proof.
  intros Hx. induction k as [|k IH]; [exact Hx|]. cbn [folded]. destruct (tent_cases _ IH) as [[h ->]|[h ->]]; lra.
Qed.

Lemma parabola_folds x : 0 <= x <= 1 -> parabola x = (tent x + parabola (tent x)) / 4.
Proof. intros Hx. unfold parabola. destruct (tent_cases x Hx) as [[h ->]|[h ->]]; field. Qed.

Lemma parabola_range x : 0 <= x <= 1 -> 0 <= parabola x <= / 4.
Proof. intros Hx. unfold parabola. split; [nra|]. assert (h := Rle_0_sqr (x - 1 / 2)). unfold Rsqr in h. nra. Qed.

(** ** The network *)

Definition fold_input : layer := fun i => match i with O => ([(1, 0%nat)], 0) | S O => ([(1, 0%nat)], - (1 / 2)) | _ => nothing end.
Definition fold_layer : layer := fun i =>
  match i with O => ([(2, 0%nat); (-4, 1%nat)], 0) | S O => ([(2, 0%nat); (-4, 1%nat)], - (1 / 2)) | _ => nothing end.

(** One layer per grade. *)
Definition tent_grade (k : nat) : list layer := match k with O => [fold_input] | S _ => [fold_layer] end.
Fixpoint tent_layers (k : nat) : list layer := match k with O => [] | S k' => tent_layers k' ++ tent_grade k' end.
Definition tent_readout (k : nat) : affine := ([(2 / 4 ^ S k, 0%nat); (- 4 / 4 ^ S k, 1%nat)], 0).

Theorem tent_layers_run k (x : point 1) : cube x ->
  run 2 (tent_layers (S k)) (input x) 0%nat = relu (folded k (fst x)) /\ run 2 (tent_layers (S k)) (input x) 1%nat = relu (folded k (fst x) - 1 / 2).
Proof.
  intros Hx. induction k as [|k [IH0 IH1]].
  - destruct x as [t []]. unfold run, tent_layers, tent_grade, apply, fold_input, eval, input. simpl. split; f_equal; ring.
  - assert (E : run 2 (tent_layers (S (S k))) (input x) = apply 2 fold_layer (run 2 (tent_layers (S k)) (input x))).
    { change (tent_layers (S (S k))) with (tent_layers (S k) ++ [fold_layer]). rewrite run_app. reflexivity. }
    rewrite E. unfold apply, fold_layer, eval. cbn [Nat.ltb Nat.leb fst snd lsum]. rewrite IH0, IH1. cbn [folded]. unfold tent.
    split; f_equal; ring.
Qed.

Definition parabola_grade (k : nat) (x : point 1) : R := eval (tent_readout k) (run 2 (tent_layers (S k)) (input x)).
Notation target := (fun x : point 1 => parabola (fst x)).
Notation e := (rest target parabola_grade).

Lemma parabola_grade_value k x : cube x -> parabola_grade k x = folded (S k) (fst x) / 4 ^ S k.
Proof.
  intros Hx. unfold parabola_grade, eval, tent_readout. cbn [fst snd lsum]. destruct (tent_layers_run k x Hx) as [-> ->].
  cbn [folded]. unfold tent. field. apply pow_nonzero. lra.
Qed.

Lemma parabola_residual k x : cube x -> e k x = parabola (folded k (fst x)) / 4 ^ k.
Proof.
  intros Hx. assert (Hr : 0 <= fst x <= 1) by apply Hx. induction k as [|k IH]; [unfold rest, sum; simpl; field|].
  assert (E : e (S k) x = e k x - parabola_grade k x) by (unfold rest; rewrite sum_S; ring).
  rewrite E, IH, parabola_grade_value by exact Hx. rewrite (parabola_folds (folded k (fst x))) by now apply folded_range.
  cbn [folded pow]. field. apply pow_nonzero. lra.
Qed.

Lemma power4 k : 0 < / 4 ^ k.
Proof. apply Rinv_0_lt_compat, pow_lt. lra. Qed.

(** The rate, and that the residual never changes its sign. *)
Theorem parabola_rate k x : cube x -> 0 <= e k x <= / 4 ^ S k.
Proof.
  intros Hx. rewrite parabola_residual by exact Hx. assert (h := parabola_range _ (folded_range k (fst x) (proj1 Hx))).
  assert (hp := power4 k). replace (/ 4 ^ S k) with (/ 4 * / 4 ^ k) by (simpl; field; apply pow_nonzero; lra). unfold Rdiv. nra.
Qed.

Lemma parabola_uniform k : uniformly_continuous (e k).
Proof.
  unfold rest. apply uniformly_continuous_minus.
  - intros eps Heps. exists (eps / 3). split; [lra|]. intros [x []] [y []] [Hx _] [Hy _] [Hxy _]. cbn [fst] in *. unfold parabola.
    replace (x * (1 - x) - y * (1 - y)) with ((x - y) * (1 - x - y)) by ring. rewrite Rabs_mult.
    apply Rle_trans with (eps / 3 * 3); [|lra]. apply Rmult_le_compat; try apply Rabs_pos; [exact Hxy|]. apply Rabs_le. lra.
  - apply uc_sum. intros j. apply (uc_eval 1 _ (fun v => run 2 (tent_layers (S j)) (input v))), (uc_run 1 2 _ (fun v => input v)), uc_input.
Qed.

Theorem parabola_multigrade : multigrade target parabola_grade /\ (forall k, length (tent_grade k) = 1%nat).
Proof.
  assert (Hnext : forall k x, e (S k) x = e k x - parabola_grade k x) by (intros; unfold rest; rewrite sum_S; ring).
  assert (Hg : forall k x, cube x -> 0 <= parabola_grade k x).
  { intros k x Hx. rewrite parabola_grade_value by exact Hx. assert (h := folded_range (S k) (fst x) (proj1 Hx)).
    assert (hp := power4 (S k)). unfold Rdiv. nra. }
  assert (Hmono : forall k x, cube x -> Rabs (e (S k) x) <= Rabs (e k x)).
  { intros k x Hx. assert (h := parabola_rate k x Hx). assert (h' := parabola_rate (S k) x Hx). assert (hg := Hg k x Hx).
    rewrite !Rabs_pos_eq by lra. rewrite Hnext in *. lra. }
  assert (Hstrict : forall k x, cube x -> parabola_grade k x <> 0 -> Rabs (e (S k) x) < Rabs (e k x)).
  { intros k x Hx Hne. assert (h := parabola_rate k x Hx). assert (h' := parabola_rate (S k) x Hx). assert (hg := Hg k x Hx).
    rewrite !Rabs_pos_eq by lra. rewrite Hnext in *. lra. }
  split; [|now destruct k]. split; [exact Hmono|]. split; [exact Hstrict|]. split; [|split].
  - intros eta Heta. destruct (small_inverse eta Heta) as [n Hn]. exists n. intros k x Hk Hx.
    assert (h := parabola_rate k x Hx). rewrite Rabs_pos_eq by lra. eapply Rle_trans; [apply h|]. eapply Rle_trans; [|exact Hn].
    apply Rinv_le_contravar; [apply lt_0_INR; lia|]. apply Rle_trans with (INR (2 ^ S k)).
    + apply le_INR. assert (b := below_power_of_two (S k)). lia.
    + rewrite pow_INR. apply pow_incr. simpl. lra.
  - intros p k Hp [x [Hx Hne]]. apply lp_decay with x; auto using parabola_uniform.
  - intros p k Hp [x [Hx Hne]]. apply lp_norm_decay with x; auto using parabola_uniform.
Qed.
