(** * A grade as an operator on residuals

    T e = e - q, where the correction q lies between 0 and e at every point of the cube and depends on e oddly.  Such operators keep signs
    and zeros, do not increase any L^p norm, and are closed under composition; the grades of the scheme (exact values, thresholds that
    cover the interpolation error and the oscillation) and dead zones are among them.  Grades are neither monotone
    (order-preserving) nor 1-Lipschitz, because the thresholds of two residuals differ: [not_monotone], [not_nonexpansive] show it with
    what is left of two values at a node. *)

From Coq Require Import Reals List Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Multigrade Require Import FiniteSum TrainingBound SoftThreshold KuhnHat Continuity CubeIntegral Scheme.
Open Scope R_scope.

Definition operator (d : nat) : Type := (point d -> R) -> point d -> R.

(** On the residuals of the domain P: what remains has the sign of e and at most its size, 0 <= T e / e <= 1. *)
Definition grade_operator {d} (P : (point d -> R) -> Prop) (T : operator d) : Prop :=
  (forall e, P e -> uniformly_continuous e -> uniformly_continuous (T e))
  /\ (forall e x, P e -> cube x -> between (e x) (T e x)).

Definition odd_operator {d} (T : operator d) : Prop := forall e x, T (fun z => - e z) x = - T e x.

Section Laws.
Context {d : nat}.
Variable P : (point d -> R) -> Prop.
Variable T : operator d.
Hypothesis HT : grade_operator P T.

Theorem ratio_in_unit_interval e x : P e -> cube x -> e x <> 0 -> 0 <= T e x / e x <= 1.
Proof.
  intros He Hx Hne. destruct (proj2 HT e x He Hx) as [H|H].
  - assert (0 < e x) by lra. split; [apply Rdiv_le_0_compat; lra|]. apply Rmult_le_reg_r with (e x); [lra|].
    unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
  - assert (e x < 0) by lra. replace (T e x / e x) with (- T e x / - e x) by (field; lra).
    split; [apply Rdiv_le_0_compat; lra|]. apply Rmult_le_reg_r with (- e x); [lra|].
    unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
Qed.

Theorem keeps_zeros e x : P e -> cube x -> e x = 0 -> T e x = 0.
Proof. intros He Hx H0. destruct (proj2 HT e x He Hx); lra. Qed.

Theorem pointwise_nonexpansive e x : P e -> cube x -> Rabs (T e x) <= Rabs (e x).
Proof. intros He Hx. destruct (proj2 HT e x He Hx); unfold Rabs; repeat destruct Rcase_abs; lra. Qed.

Theorem lp_nonexpansive p e : 0 < p -> P e -> uniformly_continuous e -> lp_integral p (T e) <= lp_integral p e.
Proof.
  intros Hp He Hu. apply integral_le; try (apply abs_power_uniform; auto; now apply HT).
  intros x Hx. apply power_le; [exact Hp|]. split; [apply Rabs_pos | now apply pointwise_nonexpansive].
Qed.

Theorem lp_norm_nonexpansive p e : 0 < p -> P e -> uniformly_continuous e -> lp_norm p (T e) <= lp_norm p e.
Proof.
  intros Hp He Hu. apply power_le; [now apply Rinv_0_lt_compat|]. split; [|now apply lp_nonexpansive].
  apply lp_integral_nonneg; [exact Hp | now apply HT].
Qed.
End Laws.

Theorem grade_operators_compose d (P Q : (point d -> R) -> Prop) (T U : operator d) :
  grade_operator P T -> grade_operator Q U -> grade_operator (fun e => P e /\ Q (T e)) (fun e => U (T e)).
Proof.
  intros [HTc HT] [HUc HU]. split.
  - intros e [He Hq] Hu. auto.
  - intros e x [He Hq] Hx. specialize (HT e x He Hx). specialize (HU (T e) x Hq Hx). unfold between in *. lra.
Qed.

Theorem odd_operators_compose d (T U : operator d) :
  (forall e e' x, (forall z, e z = e' z) -> U e x = U e' x) -> odd_operator T -> odd_operator U -> odd_operator (fun e => U (T e)).
Proof. intros Hext HT HU e x. rewrite (Hext (T (fun z => - e z)) (fun z => - T e z) x) by apply HT. apply HU. Qed.

(** ** The grades of the scheme *)

Definition soft_grade {d} (N : nat) (tau : R) : operator d := fun e => step N (soft_sampled N tau e) e.

Theorem soft_grade_odd d N tau : odd_operator (@soft_grade d N tau).
Proof.
  intros e x. unfold soft_grade, step, interpolant.
  rewrite (lsum_ext _ _ (fun a => -1 * (hat (local N x a) * soft_sampled N tau e a))).
  - rewrite lsum_scal. ring.
  - intros a _. unfold soft_sampled, sampled. rewrite soft_opp. ring.
Qed.

Definition threshold_covers {d} (N : nat) (tau : R) (e : point d -> R) : Prop :=
  exists eps delta, eps + delta = tau /\ interpolation_error_at_most N e eps /\ edge_oscillation_at_most N e delta.

Theorem soft_grade_is_operator d N tau : grade_operator (threshold_covers N tau) (@soft_grade d N tau).
Proof.
  split; [intros e _; apply step_uniformly_continuous|].
  intros e x [eps [delta [Htau [He Hosc]]]] Hx. subst tau.
  assert (H := correction_within (nodes N d) (fun a => hat (local N x a)) (fun a _ => hat_nonneg d (local N x a)) (hats_sum_to_one N d x Hx)
    eps delta (e x) (sampled N e) (soft_sampled N (eps + delta) e) (He x Hx)
    (fun a b Ha Hb Hp Hp' => Hosc a b Ha Hb (positive_hats_edge N d x a b Hp Hp')) (fun a _ _ => soft_between (eps + delta) (sampled N e a))).
  change (SoftThreshold.mean (nodes N d) (fun a => hat (local N x a)) (soft_sampled N (eps + delta) e)) with (interpolant N (soft_sampled N (eps + delta) e) x) in H.
  unfold soft_grade, step, between. lra.
Qed.

(** A schedule of operators T_k ... T_0: pointwise and L^p nonincreasing, and to 0 where the bounds say so. *)
Fixpoint iterate {d} (T : nat -> operator d) (f : point d -> R) (k : nat) : point d -> R :=
  match k with O => f | S k' => T k' (iterate T f k') end.

Theorem operators_converge d (P : nat -> (point d -> R) -> Prop) (T : nat -> operator d) (f : point d -> R) (b : nat -> R) :
  (forall k, grade_operator (P k) (T k)) -> (forall k, P k (iterate T f k)) ->
  (forall k x, cube x -> Rabs (T k (iterate T f k) x) <= b k) -> (forall eta, 0 < eta -> exists k, b k <= eta) ->
  forall eta, 0 < eta -> exists K, forall k x, (K <= k)%nat -> cube x -> Rabs (iterate T f k x) <= eta.
Proof.
  intros HT HP Hb Hsmall eta Heta. destruct (Hsmall eta Heta) as [K HK]. exists (S K). intros k x Hk Hx.
  induction Hk as [|k _ IH]; cbn [iterate].
  - eapply Rle_trans; [now apply Hb | exact HK].
  - eapply Rle_trans; [|exact IH]. now apply (pointwise_nonexpansive (P k) (T k) (HT k)).
Qed.

(** ** What they are not *)

(** A larger value with a smaller threshold keeps less. *)
Theorem not_monotone : exists c c' tau tau' : R,
  0 <= tau /\ 0 <= tau' /\ c <= c' /\ c' - soft tau' c' < c - soft tau c.
Proof. exists 2, 3, 2, 1. repeat split; try lra. rewrite !soft_above by lra. lra. Qed.

Theorem not_nonexpansive : exists c c' tau tau' : R,
  0 <= tau /\ 0 <= tau' /\ Rabs (c - c') < Rabs ((c - soft tau c) - (c' - soft tau' c')).
Proof.
  exists 3, 3.5, 3, 1. repeat split; try lra. rewrite !soft_above by lra.
  unfold Rabs. repeat destruct Rcase_abs; lra.
Qed.
