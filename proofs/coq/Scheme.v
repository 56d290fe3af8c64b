(** * The multigrade scheme converges: the theorem

    e_0 = f;  grade k subtracts the interpolant q_k on the grid with N = grid k of node values v_k(a), which lie between 0 and
    soft tau_k (e_k(a)): the soft-thresholded residual, exact or rounded towards 0.  On the cube [0,1]^d, for every d:
    |e_(k+1)| <= |e_k| pointwise, sup |e_k| -> 0, and at every grade with q_k not identically zero the integral of |e_k|^p falls strictly,
    for every real p > 0 (in particular 1 <= p < infinity).  Every continuous f has such a scheme on dyadic, nested grids. *)

From Coq Require Import Reals List Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Multigrade Require Import FiniteSum TrainingBound SoftThreshold KuhnHat NestedGrids Continuity CubeIntegral.
Open Scope R_scope.

(** ** One grade *)

Section Grade.
Context {d : nat}.
Implicit Types (e : point d -> R) (x : point d).

Definition sampled (N : nat) e : node d -> R := fun a => e (position N a).

Definition soft_sampled (N : nat) (tau : R) e : node d -> R := fun a => soft tau (sampled N e a).

Definition step (N : nat) (v : node d -> R) e : point d -> R := fun x => e x - interpolant N v x.

(** eps bounds the interpolation error, delta the oscillation of the node values along the edges of the triangulation. *)
Definition interpolation_error_at_most (N : nat) e (eps : R) : Prop :=
  forall x, cube x -> Rabs (e x - interpolant N (sampled N e) x) <= eps.

Definition edge_oscillation_at_most (N : nat) e (delta : R) : Prop :=
  forall a b, In a (nodes N d) -> In b (nodes N d) -> edge a b -> Rabs (sampled N e a - sampled N e b) <= delta.

(** The node values a grade may take, and what they leave at the nodes. *)
Definition soft_values_at (N : nat) (tau : R) e (v : node d -> R) : Prop :=
  forall a, In a (nodes N d) -> between (soft tau (sampled N e a)) (v a).

Definition remainder_at_most (N : nat) e (v : node d -> R) (rho : R) : Prop :=
  forall a, In a (nodes N d) -> Rabs (sampled N e a - v a) <= rho.

Theorem grade_lemma N e v eps delta rho x :
  interpolation_error_at_most N e eps -> edge_oscillation_at_most N e delta ->
  soft_values_at N (eps + delta) e v -> remainder_at_most N e v rho -> cube x ->
  Rabs (step N v e x) <= Rabs (e x)
  /\ Rabs (step N v e x) <= eps + rho
  /\ (interpolant N v x <> 0 -> Rabs (step N v e x) < Rabs (e x)).
Proof.
  intros He Hosc Hv Hrho Hx.
  apply (nodal_soft_threshold_rounded (nodes N d) (fun a => hat (local N x a))) with (c := sampled N e) (delta := delta).
  - intros a _. apply hat_nonneg.
  - now apply hats_sum_to_one.
  - now apply He.
  - intros a b Ha Hb Hpa Hpb. apply Hosc; auto. now apply positive_hats_edge with N x.
  - intros a Ha _. now apply Hv.
  - intros a Ha _. now apply Hrho.
Qed.

(** With the exact values a grade clips at the nodes of its own grid: e'(a) = clip(e(a), -tau, tau). *)
Theorem step_clips N tau e a :
  (0 < N)%nat -> 0 <= tau -> In a (nodes N d) ->
  step N (soft_sampled N tau e) e (position N a) = Rmax (- tau) (Rmin tau (e (position N a))).
Proof.
  intros HN Htau Ha. unfold step. rewrite interpolant_at_node by assumption.
  now apply soft_remainder_is_clip.
Qed.

Lemma soft_sampled_values N tau e : soft_values_at N tau e (soft_sampled N tau e).
Proof. intros a _. apply soft_between. Qed.

Lemma soft_sampled_remainder N tau e : 0 <= tau -> remainder_at_most N e (soft_sampled N tau e) tau.
Proof. intros H a _. now apply soft_moves_at_most. Qed.

(** The modulus of continuity at 1/N bounds both. *)
Lemma modulus_bounds_interpolation N e omega :
  (0 < N)%nat -> modulus_at_most e (/ INR N) omega -> interpolation_error_at_most N e omega.
Proof.
  intros HN H x Hx. unfold interpolant.
  assert (Htotal := hats_sum_to_one N d x Hx).
  replace (e x - lsum (nodes N d) (fun a => hat (local N x a) * sampled N e a))
    with (lsum (nodes N d) (fun a => hat (local N x a) * (e x - sampled N e a))).
  - apply mean_abs_le; [intros; apply hat_nonneg | exact Htotal|].
    intros a Ha Hpos. apply H; [exact Hx | now apply node_in_cube|].
    apply near_node; [exact HN | now apply hat_support].
  - rewrite (lsum_ext _ _ (fun a => hat (local N x a) * e x - hat (local N x a) * sampled N e a)) by (intros; ring).
    rewrite lsum_minus, lsum_scal_r, Htotal. ring.
Qed.

Lemma edge_within N : (0 < N)%nat -> forall a b : node d, edge a b -> within (/ INR N) (position N a) (position N b).
Proof.
  intros HN. assert (Hp : 0 < INR N) by now apply lt_0_INR.
  assert (Habove : forall d' (a b : node d'), above a b -> within (/ INR N) (position N a) (position N b)).
  { induction d' as [|d' IH]; intros a b H; simpl in *; [exact I|]. destruct H as [[H1 H2] H3].
    split; [|now apply IH].
    replace (INR (fst a) / INR N - INR (fst b) / INR N) with (/ INR N * (INR (fst a) - INR (fst b))) by (field; lra).
    assert (Hi : 0 < / INR N) by now apply Rinv_0_lt_compat.
    rewrite Rabs_mult, Rabs_pos_eq by lra. rewrite <- (Rmult_1_r (/ INR N)) at 2.
    apply Rmult_le_compat_l; [lra|]. apply le_INR in H1. apply le_INR in H2. rewrite S_INR in H2.
    apply Rabs_le. lra. }
  intros a b [H|H]; [now apply Habove | now apply within_sym, Habove].
Qed.

Lemma modulus_bounds_oscillation N e omega :
  (0 < N)%nat -> modulus_at_most e (/ INR N) omega -> edge_oscillation_at_most N e omega.
Proof.
  intros HN H a b Ha Hb Hab. apply H; try now apply node_in_cube. now apply edge_within.
Qed.

(** A bound at the nodes and the interpolation error bound e on the whole cube. *)
Theorem sup_from_nodes N e eps b :
  interpolation_error_at_most N e eps -> (forall a, In a (nodes N d) -> Rabs (sampled N e a) <= b) ->
  forall x, cube x -> Rabs (e x) <= eps + b.
Proof.
  intros He Hb x Hx.
  assert (H : Rabs (interpolant N (sampled N e) x) <= b).
  { apply mean_abs_le; [intros; apply hat_nonneg | now apply hats_sum_to_one | auto]. }
  replace (e x) with ((e x - interpolant N (sampled N e) x) + interpolant N (sampled N e) x) by ring.
  eapply Rle_trans; [apply Rabs_triang|]. assert (h := He x Hx). lra.
Qed.

Lemma step_uniformly_continuous N v e : uniformly_continuous e -> uniformly_continuous (step N v e).
Proof. intros He. apply uniformly_continuous_minus; [exact He | apply interpolant_uniformly_continuous]. Qed.
End Grade.

(** ** Any schedule of grids and node values *)

Section Schedule.
Context {d : nat}.
Variable f : point d -> R.
Variable grid : nat -> nat.
Variable value : nat -> node d -> R.

Fixpoint residual (k : nat) : point d -> R :=
  match k with
  | O => f
  | S k' => step (grid k') (value k') (residual k')
  end.

Definition grade_output (k : nat) : point d -> R := interpolant (grid k) (value k).

(** What the grades have built so far is what the residual has lost. *)
Lemma residual_is_rest k x : residual k x = f x - sum k (fun j => grade_output j x).
Proof.
  induction k as [|k IH]; [unfold sum; simpl; ring|].
  rewrite sum_S. simpl. unfold step. rewrite IH. unfold grade_output. ring.
Qed.

(** On nested grids the interpolation error of a residual is that of f: earlier grades are linear on the cells of grid N. *)
Theorem nested_interpolation_error N k x :
  (0 < N)%nat -> (forall j, (j < k)%nat -> exists m, (0 < m)%nat /\ (0 < grid j)%nat /\ N = (m * grid j)%nat) -> cube x ->
  residual k x - interpolant N (sampled N (residual k)) x = f x - interpolant N (sampled N f) x.
Proof.
  intros HN Hgrids Hx. induction k as [|k IH]; [reflexivity|].
  rewrite <- IH by (intros j Hj; apply Hgrids; lia).
  destruct (Hgrids k (Nat.lt_succ_diag_r k)) as [m [Hm [Hk HNk]]].
  assert (Hnested := interpolant_nested m (grid k) Hm Hk d (value k) x Hx). rewrite <- HNk in Hnested.
  assert (Hlinear : interpolant N (sampled N (residual (S k))) x
    = interpolant N (sampled N (residual k)) x - interpolant N (fun b => interpolant (grid k) (value k) (position N b)) x)
    by (rewrite <- interpolant_minus; reflexivity).
  rewrite Hlinear, Hnested. cbn [residual]. unfold step. ring.
Qed.

Hypothesis f_uniform : uniformly_continuous f.

Lemma residual_uniform k : uniformly_continuous (residual k).
Proof. induction k; simpl; auto using step_uniformly_continuous. Qed.

Variables eps delta rho : nat -> R.
Hypothesis error_bound : forall k, interpolation_error_at_most (grid k) (residual k) (eps k).
Hypothesis oscillation_bound : forall k, edge_oscillation_at_most (grid k) (residual k) (delta k).
Hypothesis values_soft : forall k, soft_values_at (grid k) (eps k + delta k) (residual k) (value k).
Hypothesis remainder_bound : forall k, remainder_at_most (grid k) (residual k) (value k) (rho k).

Theorem residual_nonincreasing k x : cube x -> Rabs (residual (S k) x) <= Rabs (residual k x).
Proof. intros Hx. now apply (grade_lemma _ _ _ (eps k) (delta k) (rho k)). Qed.

Theorem residual_nonincreasing_all j k x : (j <= k)%nat -> cube x -> Rabs (residual k x) <= Rabs (residual j x).
Proof.
  intros Hjk Hx. induction Hjk as [|k _ IH]; [lra|].
  eapply Rle_trans; [now apply residual_nonincreasing | exact IH].
Qed.

Theorem residual_sup_bound k x : cube x -> Rabs (residual (S k) x) <= eps k + rho k.
Proof. intros Hx. now apply (grade_lemma _ _ _ (eps k) (delta k) (rho k)). Qed.

Theorem residual_strict k x : cube x -> grade_output k x <> 0 -> Rabs (residual (S k) x) < Rabs (residual k x).
Proof. intros Hx. now apply (grade_lemma _ _ _ (eps k) (delta k) (rho k)). Qed.

(** Uniform convergence, as soon as the bounds become arbitrarily small. *)
Theorem residual_converges :
  (forall eta, 0 < eta -> exists k, eps k + rho k <= eta) ->
  forall eta, 0 < eta -> exists K, forall k x, (K <= k)%nat -> cube x -> Rabs (residual k x) <= eta.
Proof.
  intros H eta Heta. destruct (H eta Heta) as [K HK]. exists (S K). intros k x Hk Hx.
  eapply Rle_trans; [now apply residual_nonincreasing_all with (j := S K)|].
  eapply Rle_trans; [now apply residual_sup_bound | exact HK].
Qed.

Theorem residual_lp_decay p k :
  0 < p -> (exists x, cube x /\ grade_output k x <> 0) ->
  lp_integral p (residual (S k)) < lp_integral p (residual k).
Proof.
  intros Hp [x [Hx Hq]]. apply lp_decay with x; auto using residual_uniform, residual_nonincreasing, residual_strict.
Qed.

Theorem residual_lp_norm_decay p k :
  0 < p -> (exists x, cube x /\ grade_output k x <> 0) ->
  lp_norm p (residual (S k)) < lp_norm p (residual k).
Proof.
  intros Hp [x [Hx Hq]]. apply lp_norm_decay with x; auto using residual_uniform, residual_nonincreasing, residual_strict.
Qed.
End Schedule.

(** ** Existence for every continuous target *)

Section Existence.
Context {d : nat}.
Variable f : point d -> R.

(** The accuracy asked of grade k, and the coarsest dyadic grid that has it. *)
Definition accuracy (k : nat) : R := / INR (S k).

Definition fine_level (e : point d -> R) (omega : R) : nat :=
  least (fun m => modulus_at_most e (/ INR (2 ^ m)) omega) (fun m => modulus_stable d e _ omega).

(** Residual and level of the grid used last. *)
Fixpoint state (k : nat) : (point d -> R) * nat :=
  match k with
  | O => (f, 0%nat)
  | S k' =>
      let e := fst (state k') in
      let m := Nat.max (snd (state k')) (fine_level e (accuracy k')) in
      (step (2 ^ m) (soft_sampled (2 ^ m) (accuracy k' + accuracy k') e) e, m)
  end.

Definition level (k : nat) : nat := snd (state (S k)).
Definition grid_of (k : nat) : nat := (2 ^ level k)%nat.
Definition threshold_of (k : nat) : R := accuracy k + accuracy k.
Definition value_of (k : nat) : node d -> R := soft_sampled (grid_of k) (threshold_of k) (fst (state k)).

Lemma state_residual k : fst (state k) = residual f grid_of value_of k.
Proof. induction k as [|k IH]; [reflexivity|]. cbn [residual]. rewrite <- IH. reflexivity. Qed.

Lemma level_monotone k : (level k <= level (S k))%nat.
Proof. unfold level. cbn [state snd]. apply Nat.le_max_l. Qed.

Lemma power_of_two_positive m : (0 < 2 ^ m)%nat.
Proof. apply Nat.neq_0_lt_0, Nat.pow_nonzero. lia. Qed.

Lemma accuracy_positive k : 0 < accuracy k.
Proof. apply inverse_positive. Qed.

Lemma below_power_of_two m : (m < 2 ^ m)%nat.
Proof. apply Nat.pow_gt_lin_r. lia. Qed.

(** Refining a grid cannot increase the modulus. *)
Lemma modulus_refine (e : point d -> R) m m' omega :
  (m <= m')%nat -> modulus_at_most e (/ INR (2 ^ m)) omega -> modulus_at_most e (/ INR (2 ^ m')) omega.
Proof.
  intros Hm H x y Hx Hy Hxy. apply H; auto. apply within_le with (/ INR (2 ^ m')); [|exact Hxy].
  apply Rinv_le_contravar; [apply lt_0_INR, power_of_two_positive|].
  apply le_INR, Nat.pow_le_mono_r; lia.
Qed.

Lemma fine_level_holds (e : point d -> R) omega :
  uniformly_continuous e -> 0 < omega -> modulus_at_most e (/ INR (2 ^ fine_level e omega)) omega.
Proof.
  intros He Homega. unfold fine_level.
  apply (least_holds (fun m => modulus_at_most e (/ INR (2 ^ m)) omega)).
  destruct (He omega Homega) as [h [Hh H]]. destruct (small_inverse h Hh) as [n Hn].
  exists n. intros x y Hx Hy Hxy. apply H; auto. apply within_le with (/ INR (2 ^ n)); [|exact Hxy].
  apply Rle_trans with (/ INR (S n)); [|exact Hn].
  apply Rinv_le_contravar; [apply lt_0_INR; lia|]. apply le_INR. apply below_power_of_two.
Qed.

Lemma grid_fine k : uniformly_continuous f ->
  modulus_at_most (residual f grid_of value_of k) (/ INR (grid_of k)) (accuracy k).
Proof.
  intros Hf. rewrite <- state_residual. unfold grid_of, level. cbn [state snd].
  apply modulus_refine with (fine_level (fst (state k)) (accuracy k)); [apply Nat.le_max_r|].
  apply fine_level_holds; [|apply accuracy_positive].
  rewrite state_residual. now apply residual_uniform.
Qed.
End Existence.

(** The theorem, on [0,1]^d for every d: dyadic nested grids and thresholds exist for which the scheme has the three properties. *)
Theorem multigrade_scheme d (f : point d -> R) :
  continuous_on_cube f ->
  exists (m : nat -> nat) (tau : nat -> R) (value : nat -> node d -> R),
    let grid := fun k => (2 ^ m k)%nat in
    let e := residual f grid value in
    let q := grade_output grid value in
    (forall k, (m k <= m (S k))%nat)
    /\ (forall k, 0 < tau k)
    /\ (forall k a, value k a = soft (tau k) (e k (position (grid k) a)))
    /\ (forall k x, cube x -> Rabs (e (S k) x) <= Rabs (e k x))
    /\ (forall k x, cube x -> q k x <> 0 -> Rabs (e (S k) x) < Rabs (e k x))
    /\ (forall eta, 0 < eta -> exists K, forall k x, (K <= k)%nat -> cube x -> Rabs (e k x) <= eta)
    /\ (forall p k, 0 < p -> (exists x, cube x /\ q k x <> 0) -> lp_integral p (e (S k)) < lp_integral p (e k))
    /\ (forall p k, 0 < p -> (exists x, cube x /\ q k x <> 0) -> lp_norm p (e (S k)) < lp_norm p (e k)).
Proof.
  intros Hcont. assert (Hf := heine d f Hcont).
  exists (level f), threshold_of, (value_of f). intros grid e q.
  assert (Hpos : forall k, 0 < threshold_of k).
  { intros k. unfold threshold_of. assert (h := accuracy_positive k). lra. }
  assert (Hgrid : forall k, (0 < grid k)%nat) by (intros; apply power_of_two_positive).
  assert (Hstate : forall k, fst (state f k) = e k) by apply state_residual.
  assert (Herror : forall k, interpolation_error_at_most (grid k) (e k) (accuracy k))
    by (intros; apply modulus_bounds_interpolation; [apply Hgrid | now apply grid_fine]).
  assert (Hosc : forall k, edge_oscillation_at_most (grid k) (e k) (accuracy k))
    by (intros; apply modulus_bounds_oscillation; [apply Hgrid | now apply grid_fine]).
  assert (Hsoft : forall k, soft_values_at (grid k) (accuracy k + accuracy k) (e k) (value_of f k)).
  { intros k. unfold value_of. rewrite Hstate. apply soft_sampled_values. }
  assert (Hrem : forall k, remainder_at_most (grid k) (e k) (value_of f k) (threshold_of k)).
  { intros k. unfold value_of. rewrite Hstate. apply soft_sampled_remainder. apply Rlt_le, Hpos. }
  repeat split.
  - apply level_monotone.
  - exact Hpos.
  - intros k a. unfold value_of. rewrite Hstate. reflexivity.
  - intros k x. apply (residual_nonincreasing f grid (value_of f) accuracy accuracy threshold_of); auto.
  - intros k x. apply (residual_strict f grid (value_of f) accuracy accuracy threshold_of); auto.
  - apply (residual_converges f grid (value_of f) accuracy accuracy threshold_of); auto.
    intros eta Heta. destruct (small_inverse (eta / 3)) as [k Hk]; [lra|].
    exists k. unfold threshold_of, accuracy. lra.
  - intros p k. apply (residual_lp_decay f grid (value_of f) Hf accuracy accuracy threshold_of); auto.
  - intros p k. apply (residual_lp_norm_decay f grid (value_of f) Hf accuracy accuracy threshold_of); auto.
Qed.

(** The conclusion for grades g_0, g_1, ... given as functions: e_k = f - (g_0 + ... + g_(k-1)). *)
Definition rest {d} (f : point d -> R) (g : nat -> point d -> R) (k : nat) : point d -> R :=
  fun x => f x - sum k (fun j => g j x).

Definition multigrade {d} (f : point d -> R) (g : nat -> point d -> R) : Prop :=
  let e := rest f g in
  (forall k x, cube x -> Rabs (e (S k) x) <= Rabs (e k x))
  /\ (forall k x, cube x -> g k x <> 0 -> Rabs (e (S k) x) < Rabs (e k x))
  /\ (forall eta, 0 < eta -> exists K, forall k x, (K <= k)%nat -> cube x -> Rabs (e k x) <= eta)
  /\ (forall p k, 0 < p -> (exists x, cube x /\ g k x <> 0) -> lp_integral p (e (S k)) < lp_integral p (e k))
  /\ (forall p k, 0 < p -> (exists x, cube x /\ g k x <> 0) -> lp_norm p (e (S k)) < lp_norm p (e k)).

(** Whatever computes the grades' outputs on the cube is a multigrade scheme. *)
Theorem multigrade_outputs d (f : point d -> R) :
  continuous_on_cube f ->
  exists (grid : nat -> nat) (value : nat -> node d -> R),
    forall g, (forall k x, cube x -> g k x = grade_output grid value k x) -> multigrade f g.
Proof.
  intros Hf. destruct (multigrade_scheme d f Hf) as [m [tau [value [_ [_ [_ [Hmono [Hstrict [Hconv [Hdecay Hnorm]]]]]]]]]].
  set (grid := fun k => (2 ^ m k)%nat) in *. exists grid, value. intros g Hg.
  assert (He : forall k x, cube x -> rest f g k x = residual f grid value k x).
  { intros k x Hx. rewrite residual_is_rest. unfold rest. f_equal. apply sum_ext. auto. }
  assert (Hlp : forall p k, lp_integral p (rest f g k) = lp_integral p (residual f grid value k)).
  { intros p k. apply integral_ext. intros x Hx. now rewrite He. }
  assert (Hmove : forall k, (exists x, cube x /\ g k x <> 0) -> exists x, cube x /\ grade_output grid value k x <> 0).
  { intros k [x [Hx Hne]]. exists x. split; [exact Hx|]. now rewrite <- Hg. }
  repeat split.
  - intros k x Hx. rewrite !He by exact Hx. now apply Hmono.
  - intros k x Hx Hne. rewrite !He by exact Hx. apply Hstrict; [exact Hx|]. now rewrite <- Hg.
  - intros eta Heta. destruct (Hconv eta Heta) as [K HK]. exists K. intros k x Hk Hx.
    rewrite He by exact Hx. now apply HK.
  - intros p k Hp Hmoved. rewrite !Hlp. auto.
  - intros p k Hp Hmoved. unfold lp_norm. rewrite !Hlp. apply Hnorm; auto.
Qed.

(** ** d = 1 in the usual notation *)

(** The piecewise linear interpolant of values c_0 .. c_N at i/N; between i/N and (i+1)/N it is the chord. *)
Definition piecewise_linear (N : nat) (c : nat -> R) (x : R) : R :=
  @interpolant N 1 (fun a => c (fst a)) (x, tt).

Theorem piecewise_linear_chord N c i x :
  (i < N)%nat -> INR i <= INR N * x <= INR i + 1 ->
  piecewise_linear N c x = (1 - (INR N * x - INR i)) * c i + (INR N * x - INR i) * c (S i).
Proof. intros. unfold piecewise_linear. now rewrite (interpolant_1d N (fun a => c (fst a)) i). Qed.

(** Its error is at most the modulus of continuity at 1/N. *)
Theorem piecewise_linear_modulus N (f : R -> R) omega x :
  (0 < N)%nat ->
  (forall s t, 0 <= s <= 1 -> 0 <= t <= 1 -> Rabs (s - t) <= / INR N -> Rabs (f s - f t) <= omega) ->
  0 <= x <= 1 -> Rabs (f x - piecewise_linear N (fun i => f (INR i / INR N)) x) <= omega.
Proof.
  intros HN H Hx.
  apply (modulus_bounds_interpolation (d := 1) N (fun v => f (fst v)) omega HN) with (x := (x, tt)).
  - intros [s []] [t []] [Hs _] [Ht _] [Hst _]. now apply H.
  - simpl. auto.
Qed.

Theorem multigrade_scheme_1d (f : R -> R) :
  (forall x, 0 <= x <= 1 -> forall eps, 0 < eps -> exists delta, 0 < delta /\
     forall y, 0 <= y <= 1 -> Rabs (x - y) <= delta -> Rabs (f x - f y) <= eps) ->
  exists (N : nat -> nat) (tau : nat -> R) (e : nat -> R -> R) (q : nat -> R -> R),
    (forall x, e 0%nat x = f x)
    /\ (forall k x, q k x = piecewise_linear (N k) (fun i => soft (tau k) (e k (INR i / INR (N k)))) x)
    /\ (forall k x, e (S k) x = e k x - q k x)
    /\ (forall k x, 0 <= x <= 1 -> Rabs (e (S k) x) <= Rabs (e k x))
    /\ (forall eta, 0 < eta -> exists K, forall k x, (K <= k)%nat -> 0 <= x <= 1 -> Rabs (e k x) <= eta)
    /\ (forall p k, 0 < p -> (exists x, 0 <= x <= 1 /\ q k x <> 0) ->
          RInt (fun x => power p (Rabs (e (S k) x))) 0 1 < RInt (fun x => power p (Rabs (e k x))) 0 1).
Proof.
  intros Hf.
  destruct (multigrade_scheme 1 (fun v => f (fst v))) as [m [tau [value [_ [_ [Hvalue [Hmono [_ [Hconv [Hdecay _]]]]]]]]]].
  - intros [x []] [Hx _] eps Heps. destruct (Hf x Hx eps Heps) as [r [Hr H]].
    exists r. split; [exact Hr|]. intros [y []] [Hy _] [Hxy _]. now apply H.
  - set (grid := fun k => (2 ^ m k)%nat) in *.
    exists grid, tau, (fun k x => residual (d := 1) (fun v => f (fst v)) grid value k (x, tt)),
      (fun k x => grade_output (d := 1) grid value k (x, tt)).
    split; [reflexivity|]. split; [|split; [reflexivity|split; [|split]]].
    + intros k x. unfold grade_output, piecewise_linear, interpolant.
      apply lsum_ext. intros [i []] _. f_equal. apply Hvalue.
    + intros k x Hx. apply Hmono. simpl. auto.
    + intros eta Heta. destruct (Hconv eta Heta) as [K HK]. exists K. intros k x Hk Hx.
      apply HK; [exact Hk | simpl; auto].
    + intros p k Hp [x [Hx Hq]]. apply (Hdecay p k Hp). exists (x, tt). simpl. auto.
Qed.

(** ** Any approximant with a sup bound, in any dimension

    e_(k+1) = e_k - soft eps_k g_k, with |e_k - g_k| <= eps_k: a trained grade g_k becomes a grade with the theorem's properties. *)

Section DeadZone.
Context {A : Type}.
Variable domain : A -> Prop.
Variables e g : nat -> A -> R.
Variable eps : nat -> R.
Hypothesis next : forall k x, e (S k) x = e k x - soft (eps k) (g k x).
Hypothesis close : forall k x, domain x -> Rabs (e k x - g k x) <= eps k.

Theorem dead_zone_nonincreasing k x : domain x -> Rabs (e (S k) x) <= Rabs (e k x).
Proof. intros Hx. rewrite next. now apply dead_zone, close. Qed.

Theorem dead_zone_strict k x : domain x -> eps k < Rabs (g k x) -> Rabs (e (S k) x) < Rabs (e k x).
Proof. intros Hx. rewrite next. now apply dead_zone, close. Qed.

Theorem dead_zone_converges :
  (forall eta, 0 < eta -> exists k, 2 * eps k <= eta) ->
  forall eta, 0 < eta -> exists K, forall k x, (K <= k)%nat -> domain x -> Rabs (e k x) <= eta.
Proof.
  intros H eta Heta. destruct (H eta Heta) as [K HK]. exists (S K). intros k x Hk Hx.
  induction Hk as [|k _ IH].
  - rewrite next. eapply Rle_trans; [now apply dead_zone, close | exact HK].
  - eapply Rle_trans; [now apply dead_zone_nonincreasing | exact IH].
Qed.

(** At sample points with positive weights the weighted sum of |e|^p falls. *)
Theorem dead_zone_samples_decay (l : list A) (weight : A -> R) p k a :
  0 < p -> (forall b, In b l -> domain b /\ 0 < weight b) ->
  In a l -> eps k < Rabs (g k a) ->
  lsum l (fun b => weight b * power p (Rabs (e (S k) b))) < lsum l (fun b => weight b * power p (Rabs (e k b))).
Proof.
  intros Hp Hl Ha Hg.
  assert (Hle : forall b, In b l -> 0 <= weight b * power p (Rabs (e k b)) - weight b * power p (Rabs (e (S k) b))).
  { intros b Hb. destruct (Hl b Hb) as [Hd Hw]. rewrite <- Rmult_minus_distr_l.
    apply Rmult_le_pos; [lra|].
    assert (power p (Rabs (e (S k) b)) <= power p (Rabs (e k b))); [|lra].
    apply power_le; [exact Hp|]. split; [apply Rabs_pos | now apply dead_zone_nonincreasing]. }
  assert (Hlt : 0 < weight a * power p (Rabs (e k a)) - weight a * power p (Rabs (e (S k) a))).
  { destruct (Hl a Ha) as [Hd Hw]. rewrite <- Rmult_minus_distr_l. apply Rmult_lt_0_compat; [exact Hw|].
    assert (power p (Rabs (e (S k) a)) < power p (Rabs (e k a))); [|lra].
    apply power_lt; [exact Hp|]. split; [apply Rabs_pos | now apply dead_zone_strict]. }
  assert (h := lsum_term_le l _ a Hle Ha). cbv beta in h. rewrite lsum_minus in h. lra.
Qed.
End DeadZone.

Theorem dead_zone_lp_decay d (e g : nat -> point d -> R) (eps : nat -> R) p k :
  0 < p ->
  (forall k x, e (S k) x = e k x - soft (eps k) (g k x)) ->
  (forall k x, cube x -> Rabs (e k x - g k x) <= eps k) ->
  (forall k, continuous_on_cube (e k)) ->
  (exists x, cube x /\ eps k < Rabs (g k x)) ->
  lp_integral p (e (S k)) < lp_integral p (e k).
Proof.
  intros Hp Hnext Hclose Hcont [x [Hx Hg]]. apply lp_decay with x; auto using heine.
  - intros z Hz. now apply (dead_zone_nonincreasing cube e g eps).
  - now apply (dead_zone_strict cube e g eps).
Qed.
