(** * The soft-threshold lemmas: a correction that never overshoots

    soft tau c = sign(c) max(|c| - tau, 0), two ReLU neurons.  Pointwise: a g within eps of e, shrunk by eps, can be subtracted from e
    without enlarging it anywhere.  Nodal: the same for an interpolant of shrunk node values, tau = eps + delta with delta the
    oscillation of the values whose weights are positive at the point. *)

From Coq Require Import Reals List Lra Lia.
From Multigrade Require Import FiniteSum TrainingBound.
Open Scope R_scope.

Definition soft (tau c : R) : R := relu (c - tau) - relu (- c - tau).

Lemma soft_above tau c : 0 <= tau -> tau <= c -> soft tau c = c - tau.
Proof. intros. unfold soft. rewrite relu_pos, relu_neg; lra. Qed.

Lemma soft_below tau c : 0 <= tau -> c <= - tau -> soft tau c = c + tau.
Proof. intros. unfold soft. rewrite relu_neg, relu_pos; lra. Qed.

Lemma soft_dead tau c : Rabs c <= tau -> soft tau c = 0.
Proof.
  intros H. unfold soft. unfold Rabs in H. destruct (Rcase_abs c); rewrite !relu_neg; lra.
Qed.

Lemma soft_opp tau c : soft tau (- c) = - soft tau c.
Proof. unfold soft. rewrite Ropp_involutive. ring. Qed.

(** sign(c) max(|c| - tau, 0). *)
Lemma soft_is_shrinkage tau c : 0 <= tau ->
  soft tau c = (if Rlt_dec 0 c then 1 else if Rlt_dec c 0 then -1 else 0) * Rmax (Rabs c - tau) 0.
Proof.
  intros H. destruct (Rlt_dec 0 c); [|destruct (Rlt_dec c 0)].
  - rewrite Rabs_pos_eq by lra. destruct (Rle_dec tau c).
    + rewrite soft_above, Rmax_left by lra. ring.
    + rewrite soft_dead, Rmax_right by (try rewrite Rabs_pos_eq; lra). ring.
  - rewrite Rabs_left by lra. destruct (Rle_dec c (- tau)).
    + rewrite soft_below, Rmax_left by lra. ring.
    + rewrite soft_dead, Rmax_right by (try rewrite Rabs_left; lra). ring.
  - assert (c = 0) as -> by lra. rewrite soft_dead by (rewrite Rabs_R0; lra). ring.
Qed.

(** What is left at a node is the value clipped to [-tau, tau]. *)
Lemma soft_remainder_is_clip tau c : 0 <= tau -> c - soft tau c = Rmax (- tau) (Rmin tau c).
Proof.
  intros H. destruct (Rle_dec tau c); [|destruct (Rle_dec c (- tau))].
  - rewrite soft_above, Rmin_left, Rmax_right by lra. ring.
  - rewrite soft_below, Rmin_right, Rmax_left by lra. ring.
  - rewrite soft_dead by (apply Rabs_le; lra). rewrite Rmin_right, Rmax_right by lra. ring.
Qed.

Lemma soft_moves_at_most tau c : 0 <= tau -> Rabs (c - soft tau c) <= tau.
Proof.
  intros H. rewrite soft_remainder_is_clip by exact H. apply Rabs_le.
  unfold Rmax, Rmin. repeat destruct Rle_dec; lra.
Qed.

(** ** What a checker tests at a point: |e - q| <= |e| iff q lies between 0 and 2 e *)

Definition between (b v : R) : Prop := 0 <= v <= b \/ b <= v <= 0.

Theorem shrinks_iff e q : Rabs (e - q) <= Rabs e <-> between (2 * e) q.
Proof.
  unfold between, Rabs. do 2 destruct Rcase_abs; split; intros; try lra;
    destruct (Rle_dec 0 q); try (left; lra); right; lra.
Qed.

Theorem shrinks_strictly_iff e q : Rabs (e - q) < Rabs e <-> between (2 * e) q /\ q <> 0 /\ q <> 2 * e.
Proof.
  unfold between, Rabs. do 2 destruct Rcase_abs; split; intros;
    try (repeat split; try lra; destruct (Rle_dec 0 q); try (left; lra); right; lra);
    destruct H as [[h|h] [h1 h2]]; lra.
Qed.

(** A value between 0 and soft tau c: soft tau c itself, or soft tau c rounded towards 0. *)
Lemma soft_between tau c : between (soft tau c) (soft tau c).
Proof. unfold between. destruct (Rle_dec 0 (soft tau c)); [left | right]; lra. Qed.

(** The value may come from a perturbed c', if the threshold allows for the perturbation. *)
Theorem soft_of_perturbed tau slack c c' v :
  0 <= tau -> Rabs (c' - c) <= slack -> between (soft (tau + slack) c') v -> between (soft tau c) v.
Proof.
  intros Htau Hc Hv.
  assert (Hs : 0 <= slack) by (eapply Rle_trans; [apply Rabs_pos | exact Hc]).
  assert (Hcc : - slack <= c' - c <= slack) by (unfold Rabs in Hc; destruct Rcase_abs; lra).
  unfold between in *.
  destruct (Rle_dec (tau + slack) c'); [|destruct (Rle_dec c' (- (tau + slack)))].
  - rewrite soft_above in Hv by lra. rewrite soft_above by lra. left. lra.
  - rewrite soft_below in Hv by lra. rewrite soft_below by lra. right. lra.
  - rewrite soft_dead in Hv by (apply Rabs_le; lra).
    destruct (Rle_dec 0 (soft tau c)); [left | right]; lra.
Qed.

(** ** Pointwise: q = relu(g - eps) - relu(-g - eps) *)

Theorem dead_zone e g eps :
  Rabs (e - g) <= eps ->
  Rabs (e - soft eps g) <= Rabs e
  /\ Rabs (e - soft eps g) <= 2 * eps
  /\ (eps < Rabs g -> Rabs (e - soft eps g) < Rabs e).
Proof.
  intros H. assert (Heps : 0 <= eps) by (eapply Rle_trans; [apply Rabs_pos | exact H]).
  destruct (Rle_dec eps g); [|destruct (Rle_dec g (- eps))].
  - rewrite soft_above by lra. unfold Rabs in *. repeat destruct Rcase_abs; lra.
  - rewrite soft_below by lra. unfold Rabs in *. repeat destruct Rcase_abs; lra.
  - rewrite soft_dead by (apply Rabs_le; lra). unfold Rabs in *. repeat destruct Rcase_abs; lra.
Qed.

(** The same of numbers that are rounded: rnd is monotone and leaves e and 0 as they are; q is g - eps rounded.  (g < - eps is the
    mirror image.)  Any rounding will do for the first claim. *)
Theorem dead_zone_rounded (rnd : R -> R) e g eps :
  (forall a b, a <= b -> rnd a <= rnd b) -> rnd 0 = 0 -> rnd e = e ->
  Rabs (e - g) <= eps -> eps < g ->
  0 <= rnd (g - eps) <= e /\ 0 <= rnd (e - rnd (g - eps)) <= e.
Proof.
  intros Hmono Hzero He H Hg.
  assert (Hle : g - eps <= e) by (unfold Rabs in H; destruct Rcase_abs in H; lra).
  assert (Hq : 0 <= rnd (g - eps) <= e).
  { split; [rewrite <- Hzero | rewrite <- He]; apply Hmono; lra. }
  split; [exact Hq|]. split; [rewrite <- Hzero | rewrite <- He at 2]; apply Hmono; lra.
Qed.

(** With a spacing u of the numbers at g - eps, which e and g are multiples of, and q the nearest multiple: no more than 2 eps is
    left, exactly. *)
Theorem dead_zone_rounded_sup u (e g q : Z) eps :
  0 < u -> Rabs (IZR e * u - IZR g * u) <= eps -> Rabs (IZR q * u - (IZR g * u - eps)) <= u / 2 ->
  IZR e * u - IZR q * u <= 2 * eps.
Proof.
  intros Hu He Hq.
  assert (Ha : IZR (e - g) * u <= eps) by (rewrite minus_IZR; unfold Rabs in He; destruct Rcase_abs in He; lra).
  assert (Hb : IZR (g - q) * u <= eps + u / 2) by (rewrite minus_IZR; unfold Rabs in Hq; destruct Rcase_abs in Hq; lra).
  replace (IZR e * u - IZR q * u) with (IZR (e - g) * u + IZR (g - q) * u) by (rewrite !minus_IZR; ring).
  destruct (Rle_dec (IZR (g - q) * u) eps) as [Hle|Hgt]; [lra|].
  assert (Hlt : (e - g < g - q)%Z) by (apply lt_IZR, (Rmult_lt_reg_r u); [exact Hu | lra]).
  assert (Hone : IZR (e - g) <= IZR (g - q) - 1) by (rewrite <- minus_IZR; apply IZR_le; lia).
  assert (IZR (e - g) * u <= (IZR (g - q) - 1) * u) by (apply Rmult_le_compat_r; lra). lra.
Qed.

(** ** Nodal: weights lambda >= 0 with sum 1 over a finite list of nodes, values c *)

Section Nodal.
Context {A : Type}.
Variable nodes : list A.
Variable lambda : A -> R.
Hypothesis lambda_nonneg : forall a, In a nodes -> 0 <= lambda a.
Hypothesis lambda_total : lsum nodes lambda = 1.

(** A weighted mean lies between bounds that hold where the weight is positive. *)
Lemma mean_le (c : A -> R) b :
  (forall a, In a nodes -> 0 < lambda a -> c a <= b) -> lsum nodes (fun a => lambda a * c a) <= b.
Proof.
  intros H. replace b with (lsum nodes (fun a => lambda a * b))
    by (rewrite lsum_scal_r, lambda_total; ring).
  apply lsum_le. intros a Ha. assert (h := lambda_nonneg a Ha).
  destruct (Req_dec (lambda a) 0) as [->|Hz]; [lra|].
  apply Rmult_le_compat_l; [exact h|]. apply H; [exact Ha | lra].
Qed.

Lemma mean_abs_le (c : A -> R) b :
  (forall a, In a nodes -> 0 < lambda a -> Rabs (c a) <= b) -> Rabs (lsum nodes (fun a => lambda a * c a)) <= b.
Proof.
  intros H. apply Rabs_le. split.
  - apply Ropp_le_cancel. rewrite Ropp_involutive.
    replace (- lsum nodes (fun a => lambda a * c a)) with (lsum nodes (fun a => lambda a * - c a)).
    + apply mean_le. intros a Ha Hp. eapply Rle_trans; [apply Rle_abs|]. rewrite Rabs_Ropp. auto.
    + rewrite (lsum_ext _ _ (fun a => -1 * (lambda a * c a))) by (intros; ring).
      rewrite lsum_scal. ring.
  - apply mean_le. intros a Ha Hp. eapply Rle_trans; [apply Rle_abs | auto].
Qed.

Definition mean (c : A -> R) : R := lsum nodes (fun a => lambda a * c a).

Variables eps delta : R.

(** delta bounds the oscillation of the values that count at the point. *)
Definition oscillation_at_most (c : A -> R) : Prop :=
  forall a b, In a nodes -> In b nodes -> 0 < lambda a -> 0 < lambda b -> Rabs (c a - c b) <= delta.

(** The values v of the correction at the nodes lie between 0 and soft (eps + delta) c. *)
Definition soft_values (c v : A -> R) : Prop :=
  forall a, In a nodes -> 0 < lambda a -> between (soft (eps + delta) (c a)) (v a).

(** One value above tau: the correction is between 0 and e. *)
Lemma correction_above e (c v : A -> R) a :
  Rabs (e - mean c) <= eps -> oscillation_at_most c -> soft_values c v ->
  In a nodes -> 0 < lambda a -> eps + delta < c a ->
  0 <= mean v <= e.
Proof.
  intros He Hosc Hv Ha Hpos Hbig.
  assert (Heps : 0 <= eps) by (eapply Rle_trans; [apply Rabs_pos | exact He]).
  assert (Hdelta : 0 <= delta) by (eapply Rle_trans; [apply Rabs_pos | exact (Hosc a a Ha Ha Hpos Hpos)]).
  assert (Hall : forall b, In b nodes -> 0 < lambda b -> 0 <= v b <= c b - eps).
  { intros b Hb Hpb. assert (h := Hosc a b Ha Hb Hpos Hpb).
    assert (eps < c b) by (unfold Rabs in h; destruct Rcase_abs; lra).
    specialize (Hv b Hb Hpb). unfold between in Hv. destruct (Rle_dec (eps + delta) (c b)).
    - rewrite soft_above in Hv by lra. lra.
    - rewrite soft_dead in Hv by (apply Rabs_le; lra). lra. }
  split.
  - apply lsum_nonneg. intros b Hb. assert (h := lambda_nonneg b Hb).
    destruct (Req_dec (lambda b) 0) as [->|Hz]; [lra|].
    apply Rmult_le_pos; [exact h|]. apply Hall; [exact Hb | lra].
  - assert (h : mean (fun b => v b - c b) <= - eps).
    { apply mean_le. intros b Hb Hpb. destruct (Hall b Hb Hpb). lra. }
    unfold mean in *.
    rewrite (lsum_ext _ _ (fun b => lambda b * v b - lambda b * c b)), lsum_minus in h
      by (intros; ring).
    unfold Rabs in He. destruct Rcase_abs; lra.
Qed.

Lemma mean_opp f : mean (fun a => - f a) = - mean f.
Proof.
  unfold mean. rewrite (lsum_ext _ _ (fun a => -1 * (lambda a * f a))) by (intros; ring).
  rewrite lsum_scal. ring.
Qed.

(** The mirror image. *)
Lemma correction_below e (c v : A -> R) a :
  Rabs (e - mean c) <= eps -> oscillation_at_most c -> soft_values c v ->
  In a nodes -> 0 < lambda a -> c a < - (eps + delta) ->
  e <= mean v <= 0.
Proof.
  intros He Hosc Hv Ha Hpos Hbig.
  assert (h : 0 <= mean (fun a => - v a) <= - e).
  { apply (correction_above (- e) (fun a => - c a) (fun a => - v a) a); auto; [| | |lra].
    - rewrite mean_opp. replace (- e - - mean c) with (- (e - mean c)) by ring. now rewrite Rabs_Ropp.
    - intros b b' Hb Hb' Hp Hp'. replace (- c b - - c b') with (- (c b - c b')) by ring.
      rewrite Rabs_Ropp. now apply Hosc.
    - intros b Hb Hp. rewrite soft_opp. destruct (Hv b Hb Hp); [right | left]; lra. }
  rewrite mean_opp in h. lra.
Qed.

(** e has the sign of the correction and at least its size. *)
Lemma correction_within e (c v : A -> R) :
  Rabs (e - mean c) <= eps -> oscillation_at_most c -> soft_values c v ->
  (0 <= mean v <= e) \/ (e <= mean v <= 0) \/ mean v = 0.
Proof.
  intros He Hosc Hv.
  destruct (Req_dec (mean v) 0) as [Hq|Hq]; [now right; right|].
  destruct (lsum_nonzero _ _ Hq) as [a [Ha Hne]].
  assert (Hpos : 0 < lambda a).
  { assert (h := lambda_nonneg a Ha). destruct (Req_dec (lambda a) 0) as [Hz|Hz]; [|lra].
    rewrite Hz, Rmult_0_l in Hne. now contradict Hne. }
  assert (Hout : ~ Rabs (c a) <= eps + delta).
  { intros h. assert (hv := Hv a Ha Hpos). rewrite soft_dead in hv by exact h.
    apply Hne. assert (v a = 0) as -> by (destruct hv; lra). ring. }
  apply Rnot_le_lt in Hout. unfold Rabs in Hout. destruct (Rcase_abs (c a)).
  - right; left. apply correction_below with c a; auto. lra.
  - left. apply correction_above with c a; auto.
Qed.

(** (i), (ii), (iii) of the lemma; rho bounds what is left at the nodes, tau or tau and the rounding of the values. *)
Theorem nodal_soft_threshold_rounded e (c v : A -> R) rho :
  Rabs (e - mean c) <= eps -> oscillation_at_most c -> soft_values c v ->
  (forall a, In a nodes -> 0 < lambda a -> Rabs (c a - v a) <= rho) ->
  Rabs (e - mean v) <= Rabs e
  /\ Rabs (e - mean v) <= eps + rho
  /\ (mean v <> 0 -> Rabs (e - mean v) < Rabs e).
Proof.
  intros He Hosc Hv Hrho. assert (Hw := correction_within e c v He Hosc Hv).
  repeat split.
  - unfold Rabs. repeat destruct Rcase_abs; lra.
  - assert (Hmove : Rabs (mean (fun a => c a - v a)) <= rho) by now apply mean_abs_le.
    assert (Hsplit : mean (fun a => c a - v a) = mean c - mean v).
    { unfold mean. rewrite <- lsum_minus. apply lsum_ext. intros; ring. }
    rewrite Hsplit in Hmove.
    replace (e - mean v) with ((e - mean c) + (mean c - mean v)) by ring.
    eapply Rle_trans; [apply Rabs_triang|]. lra.
  - intros Hq. unfold Rabs. repeat destruct Rcase_abs; lra.
Qed.

(** The same for the exact values. *)
Theorem nodal_soft_threshold e (c : A -> R) :
  Rabs (e - mean c) <= eps -> 0 <= delta -> oscillation_at_most c ->
  let q := mean (fun a => soft (eps + delta) (c a)) in
  Rabs (e - q) <= Rabs e
  /\ Rabs (e - q) <= 2 * eps + delta
  /\ (q <> 0 -> Rabs (e - q) < Rabs e).
Proof.
  intros He Hdelta Hosc q.
  assert (Heps : 0 <= eps) by (eapply Rle_trans; [apply Rabs_pos | exact He]).
  replace (2 * eps + delta) with (eps + (eps + delta)) by ring.
  apply (nodal_soft_threshold_rounded e c); auto.
  - intros a _ _. apply soft_between.
  - intros a _ _. apply soft_moves_at_most. lra.
Qed.
End Nodal.
