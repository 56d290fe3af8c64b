(** * The fixed-width network

    A deep ReLU network of width d + 6, whatever N and the grade, computes sum_a c_a hat_a on the cube.  It is the network of
    approx.Network (Wide), layer by layer.  Its channels:

      0 .. d-1   x            carried through every layer (x >= 0 on the cube)
      d, d+1     M, m         running max(0, t) and -min(0, t), t = N x - a
      d+2, d+3   U, V         their next increments;  U also holds the hat
      d+4, d+5   P, Q         sums of the positive and of the negative terms

    A layer is an affine map of the d + 6 channels followed by relu in every channel, no exception. *)

From Coq Require Import Reals List Lra Lia Arith.
From Coquelicot Require Import Compactness.
From Multigrade Require Import FiniteSum TrainingBound SoftThreshold KuhnHat Continuity CubeIntegral Scheme.
Import ListNotations.
Open Scope R_scope.

(** ** The identities *)

Theorem running_max_step M t : Rmax M t = M + relu (t - M).
Proof. unfold relu, Rmax. repeat destruct Rle_dec; lra. Qed.

Theorem running_min_step m t : Rmin m t = m - relu (m - t).
Proof. unfold relu, Rmax, Rmin. repeat destruct Rle_dec; lra. Qed.

(** The network keeps m = -min. *)
Lemma negated_min_step m t : - Rmin (- m) t = m + relu (- t - m).
Proof. unfold relu, Rmax, Rmin. repeat destruct Rle_dec; lra. Qed.

Lemma positive_minus_negative c : relu c - relu (- c) = c.
Proof. unfold relu, Rmax. repeat destruct Rle_dec; lra. Qed.

Lemma positive_part c u : relu c * u - relu (- c) * u = c * u.
Proof. rewrite <- Rmult_minus_distr_r, positive_minus_negative. reflexivity. Qed.

(** ** Deep ReLU networks of a fixed width *)

(** Terms (coefficient, channel) and a bias. *)
Definition affine : Type := (list (R * nat) * R)%type.
Definition layer : Type := nat -> affine.

Definition eval (a : affine) (h : nat -> R) : R := lsum (fst a) (fun t => fst t * h (snd t)) + snd a.

(** Channels from W on do not exist: they are zero. *)
Definition apply (W : nat) (L : layer) (h : nat -> R) : nat -> R :=
  fun i => if Nat.ltb i W then relu (eval (L i) h) else 0.

Fixpoint run (W : nat) (ls : list layer) (h : nat -> R) : nat -> R :=
  match ls with
  | [] => h
  | L :: ls' => run W ls' (apply W L h)
  end.

Lemma run_app W ls ls' h : run W (ls ++ ls') h = run W ls' (run W ls h).
Proof. revert h. induction ls as [|L ls IH]; intros h; simpl; auto. Qed.

(** ** The layers of a grade *)

Definition carry (i : nat) : affine := ([(1, i)], 0).
Definition nothing : affine := ([], 0).

Section Layers.
Variable D : nat.   (* dimension of x *)

Definition width : nat := D + 6.

Notation cM := D.
Notation cm := (D + 1)%nat.
Notation cU := (D + 2)%nat.
Notation cV := (D + 3)%nat.
Notation cP := (D + 4)%nat.
Notation cQ := (D + 5)%nat.

Definition layer_of (fM fm fU fV fP fQ : affine) : layer := fun i =>
  if Nat.ltb i D then carry i
  else match (i - D)%nat with
       | 0 => fM | 1 => fm | 2 => fU | 3 => fV | 4 => fP | 5 => fQ | _ => nothing
       end%nat.

(** The sums take up the hat that U holds, times c. *)
Definition positive_sum (c : R) : affine := ([(1, cP); (relu c, cU)], 0).
Definition negative_sum (c : R) : affine := ([(1, cQ); (relu (- c), cU)], 0).

(** A hat begins with t_0 = N x_0 - a_0: M = m = 0. *)
Definition enter_layer (fP fQ : affine) (N a : nat) : layer := layer_of
  nothing nothing ([(INR N, 0%nat)], - INR a) ([(- INR N, 0%nat)], INR a) fP fQ.

(** M and m take up their increments; U and V become the increments for coordinate k, t_k = N x_k - a_k. *)
Definition coordinate_layer (N k a : nat) : layer := layer_of
  ([(1, cM); (1, cU)], 0)
  ([(1, cm); (1, cV)], 0)
  ([(INR N, k); (-1, cM); (-1, cU)], - INR a)
  ([(- INR N, k); (-1, cm); (-1, cV)], INR a)
  (carry cP) (carry cQ).

(** U becomes relu(1 - max + min). *)
Definition hat_layer : layer := layer_of
  nothing nothing ([(-1, cM); (-1, cU); (-1, cm); (-1, cV)], 1) nothing (carry cP) (carry cQ).

(** The last hat enters the sums. *)
Definition finish_layer (c : R) : layer := layer_of
  nothing nothing nothing nothing (positive_sum c) (negative_sum c).

(** A grade without hats: only x goes on to the next grade. *)
Definition reset_layer : layer := layer_of nothing nothing nothing nothing nothing nothing.

Fixpoint coordinate_layers (N : nat) {d} (k : nat) : node d -> list layer :=
  match d with
  | O => fun _ => []
  | S d' => fun a => coordinate_layer N k (fst a) :: coordinate_layers N (S k) (snd a)
  end.

(** What a grade outputs. *)
Definition readout : affine := ([(1, cP); (-1, cQ)], 0).

(** ** What the layers compute *)

Definition holds (x : nat -> R) (M m U V P Q : R) (h : nat -> R) : Prop :=
  (forall i, (i < D)%nat -> h i = x i)
  /\ h cM = M /\ h cm = m /\ h cU = U /\ h cV = V /\ h cP = P /\ h cQ = Q.

Variable x : nat -> R.
Hypothesis x_nonneg : forall i, (i < D)%nat -> 0 <= x i.

Lemma apply_layer_of fM fm fU fV fP fQ h :
  (forall i, (i < D)%nat -> h i = x i) ->
  holds x (relu (eval fM h)) (relu (eval fm h)) (relu (eval fU h)) (relu (eval fV h))
        (relu (eval fP h)) (relu (eval fQ h)) (apply width (layer_of fM fm fU fV fP fQ) h).
Proof.
  intros Hx.
  assert (Hupper : forall j, (j < 6)%nat -> apply width (layer_of fM fm fU fV fP fQ) h (D + j)%nat
     = relu (eval (match j with 0 => fM | 1 => fm | 2 => fU | 3 => fV | 4 => fP | 5 => fQ | _ => nothing end%nat) h)).
  { intros j Hj. unfold apply, layer_of, width.
    replace (Nat.ltb (D + j) (D + 6)) with true by (symmetry; apply Nat.ltb_lt; lia).
    replace (Nat.ltb (D + j) D) with false by (symmetry; apply Nat.ltb_ge; lia).
    replace (D + j - D)%nat with j by lia. reflexivity. }
  split; [|split; [|repeat split]].
  - intros i Hi. unfold apply, layer_of, width.
    replace (Nat.ltb i (D + 6)) with true by (symmetry; apply Nat.ltb_lt; lia).
    replace (Nat.ltb i D) with true by (symmetry; apply Nat.ltb_lt; lia).
    unfold eval, carry. simpl. rewrite Hx by exact Hi.
    replace (1 * x i + 0 + 0) with (x i) by ring. apply relu_pos. auto.
  - assert (h0 := Hupper 0%nat ltac:(lia)). rewrite Nat.add_0_r in h0. exact h0.
  - now rewrite (Hupper 1%nat) by lia.
  - now rewrite (Hupper 2%nat) by lia.
  - now rewrite (Hupper 3%nat) by lia.
  - now rewrite (Hupper 4%nat) by lia.
  - now rewrite (Hupper 5%nat) by lia.
Qed.

(** Replacing the six values by equal ones. *)
Lemma holds_eq M m U V P Q M' m' U' V' P' Q' h :
  holds x M m U V P Q h -> M = M' -> m = m' -> U = U' -> V = V' -> P = P' -> Q = Q' ->
  holds x M' m' U' V' P' Q' h.
Proof. intros H -> -> -> -> -> ->. exact H. Qed.

Ltac compute_channels :=
  unfold eval, carry, nothing; cbn [fst snd lsum];
  repeat match goal with H : ?h _ = _ |- context [?h _] => rewrite H end.

Lemma enter_step fP fQ N a h :
  (0 < D)%nat -> (forall i, (i < D)%nat -> h i = x i) ->
  holds x 0 0 (relu (INR N * x 0%nat - INR a)) (relu (- (INR N * x 0%nat - INR a)))
    (relu (eval fP h)) (relu (eval fQ h)) (apply width (enter_layer fP fQ N a) h).
Proof.
  intros HD Hx. assert (Hx0 := Hx 0%nat HD).
  apply (holds_eq _ _ _ _ _ _ _ _ _ _ _ _ _ (apply_layer_of _ _ _ _ _ _ h Hx));
    try reflexivity; compute_channels; try (f_equal; ring); rewrite relu_pos; lra.
Qed.

Lemma coordinate_step N k a M m U V P Q h :
  (k < D)%nat -> 0 <= M + U -> 0 <= m + V -> 0 <= P -> 0 <= Q ->
  holds x M m U V P Q h ->
  holds x (M + U) (m + V)
    (relu (INR N * x k - INR a - (M + U))) (relu (- (INR N * x k - INR a) - (m + V))) P Q
    (apply width (coordinate_layer N k a) h).
Proof.
  intros Hk HM Hm HP HQ [Hx [H1 [H2 [H3 [H4 [H5 H6]]]]]].
  apply (holds_eq _ _ _ _ _ _ _ _ _ _ _ _ _ (apply_layer_of _ _ _ _ _ _ h Hx));
    try (assert (Hxk := Hx k Hk)); compute_channels; try (f_equal; ring); try (rewrite relu_pos; lra).
Qed.

Lemma hat_step M m U V P Q h :
  0 <= P -> 0 <= Q -> holds x M m U V P Q h ->
  holds x 0 0 (relu (1 - (M + U) - (m + V))) 0 P Q (apply width hat_layer h).
Proof.
  intros HP HQ [Hx [H1 [H2 [H3 [H4 [H5 H6]]]]]].
  apply (holds_eq _ _ _ _ _ _ _ _ _ _ _ _ _ (apply_layer_of _ _ _ _ _ _ h Hx));
    compute_channels; try (f_equal; ring); try (rewrite relu_pos; lra).
Qed.

Lemma sums_step c u P Q h :
  0 <= u -> 0 <= P -> 0 <= Q -> holds x 0 0 u 0 P Q h ->
  relu (eval (positive_sum c) h) = P + relu c * u /\ relu (eval (negative_sum c) h) = Q + relu (- c) * u.
Proof.
  intros Hu HP HQ [Hx [H1 [H2 [H3 [H4 [H5 H6]]]]]].
  assert (h1 : 0 <= relu c * u) by (apply Rmult_le_pos; [apply relu_nonneg | exact Hu]).
  assert (h2 : 0 <= relu (- c) * u) by (apply Rmult_le_pos; [apply relu_nonneg | exact Hu]).
  unfold positive_sum, negative_sum. compute_channels. split; rewrite relu_pos; lra.
Qed.

Lemma finish_step c u P Q h :
  0 <= u -> 0 <= P -> 0 <= Q -> holds x 0 0 u 0 P Q h ->
  holds x 0 0 0 0 (P + relu c * u) (Q + relu (- c) * u) (apply width (finish_layer c) h).
Proof.
  intros Hu HP HQ H. destruct (sums_step c u P Q h Hu HP HQ H) as [H7 H8].
  destruct H as [Hx [H1 [H2 [H3 [H4 [H5 H6]]]]]].
  apply (holds_eq _ _ _ _ _ _ _ _ _ _ _ _ _ (apply_layer_of _ _ _ _ _ _ h Hx)); auto;
    compute_channels; rewrite relu_pos; lra.
Qed.

Lemma reset_step h :
  (forall i, (i < D)%nat -> h i = x i) -> holds x 0 0 0 0 0 0 (apply width reset_layer h).
Proof.
  intros Hx.
  apply (holds_eq _ _ _ _ _ _ _ _ _ _ _ _ _ (apply_layer_of _ _ _ _ _ _ h Hx));
    compute_channels; rewrite relu_pos; lra.
Qed.

(** The coordinate layers fold the maximum and the minimum of t = N v - a; v is the part of x from channel k on. *)
Lemma coordinates_run N d : forall (v : point d) (a : node d) k M m U V P Q h,
  (k + d <= D)%nat -> (forall i, (i < d)%nat -> x (k + i)%nat = coordinates v i) ->
  0 <= M + U -> 0 <= m + V -> 0 <= P -> 0 <= Q ->
  holds x M m U V P Q h ->
  exists M' m' U' V', holds x M' m' U' V' P Q (run width (coordinate_layers N k a) h)
    /\ M' + U' = running_max (M + U) (local N v a) /\ m' + V' = - running_min (- (m + V)) (local N v a).
Proof.
  induction d as [|d IH]; intros v a k M m U V P Q h Hk Hv HM Hm HP HQ H.
  - exists M, m, U, V. simpl. repeat split; try apply H. lra.
  - cbn [coordinate_layers run local running_max running_min fst snd].
    assert (Hxk : x k = fst v) by (rewrite <- (Nat.add_0_r k); exact (Hv 0%nat (Nat.lt_0_succ d))).
    assert (Hstep := coordinate_step N k (fst a) M m U V P Q h ltac:(lia) HM Hm HP HQ H).
    rewrite Hxk in Hstep. set (t := INR N * fst v - INR (fst a)) in *.
    assert (Hmax : Rmax (M + U) t = M + U + relu (t - (M + U))) by apply running_max_step.
    assert (Hmin : - Rmin (- (m + V)) t = m + V + relu (- t - (m + V))) by apply negated_min_step.
    assert (h1 := relu_nonneg (t - (M + U))). assert (h2 := relu_nonneg (- t - (m + V))).
    destruct (IH (snd v) (snd a) (S k) (M + U) (m + V) (relu (t - (M + U))) (relu (- t - (m + V))) P Q
                 (apply width (coordinate_layer N k (fst a)) h)) as [M' [m' [U' [V' [H1 [H2 H3]]]]]];
      auto; try lia; try lra.
    + intros i Hi. replace (S k + i)%nat with (k + S i)%nat by lia. exact (Hv (S i) (proj1 (Nat.succ_lt_mono i d) Hi)).
    + exists M', m', U', V'. split; [exact H1|]. split.
      * rewrite H2, Hmax. reflexivity.
      * rewrite H3, <- Hmin, Ropp_involutive. reflexivity.
Qed.
End Layers.

(** ** Hat after hat: a list of nodes with their values *)

Section Hats.
Variable d' : nat.
Notation d := (S d').

Definition hat_layers (fP fQ : affine) (N : nat) (a : node d) : list layer :=
  enter_layer d fP fQ N (fst a) :: coordinate_layers d N 1 (snd a) ++ [hat_layer d].

Fixpoint more_hats (N : nat) (c : R) (l : list (node d * R)) : list layer :=
  match l with
  | [] => [finish_layer d c]
  | (a, v) :: l' => hat_layers (positive_sum d c) (negative_sum d c) N a ++ more_hats N v l'
  end.

Definition grade_layers (N : nat) (l : list (node d * R)) : list layer :=
  match l with
  | [] => [reset_layer d]
  | (a, v) :: l' => hat_layers nothing nothing N a ++ more_hats N v l'
  end.

Variable v : point d.
Hypothesis v_in_cube : cube v.
Notation x := (coordinates v).

Lemma coordinates_nonneg n : forall (w : point n) i, cube w -> 0 <= coordinates w i.
Proof.
  induction n as [|n IH]; intros w i Hw; simpl; [lra|].
  destruct Hw as [H1 H2]. destruct i; [lra | now apply IH].
Qed.

Lemma x_nonneg i : (i < d)%nat -> 0 <= x i.
Proof. intros _. now apply coordinates_nonneg. Qed.

Lemma hat_run fP fQ N a h :
  (forall i, (i < d)%nat -> h i = x i) ->
  holds d x 0 0 (hat (local N v a)) 0 (relu (eval fP h)) (relu (eval fQ h)) (run (width d) (hat_layers fP fQ N a) h).
Proof.
  intros Hx. unfold hat_layers. cbn [run]. rewrite run_app.
  assert (H0 := enter_step d x x_nonneg fP fQ N (fst a) h (Nat.lt_0_succ d') Hx).
  assert (HP := relu_nonneg (eval fP h)). assert (HQ := relu_nonneg (eval fQ h)).
  set (t := INR N * x 0%nat - INR (fst a)) in *.
  assert (h1 := relu_nonneg t). assert (h2 := relu_nonneg (- t)).
  destruct (coordinates_run d x x_nonneg N d' (snd v) (snd a) 1 0 0 (relu t) (relu (- t)) _ _ _
              (le_n _) (fun i _ => eq_refl) ltac:(lra) ltac:(lra) HP HQ H0)
    as [M [m [U [V [H1 [H2 H3]]]]]].
  cbn [run]. apply hat_step in H1; auto using x_nonneg.
  replace (hat (local N v a)) with (relu (1 - (M + U) - (m + V))); [exact H1|].
  rewrite H2, H3. unfold hat. cbn [local running_max running_min fst snd].
  change (INR N * fst v - INR (fst a)) with t. fold t.
  assert (Hmax : Rmax 0 t = 0 + relu t) by (rewrite running_max_step, Rminus_0_r; reflexivity).
  assert (Hmin : Rmin 0 t = - (0 + relu (- t))).
  { rewrite running_min_step. replace (0 - t) with (- t) by ring. ring. }
  rewrite Hmax, Hmin. f_equal. ring.
Qed.

Lemma more_hats_run N : forall l c u P Q h,
  0 <= u -> 0 <= P -> 0 <= Q -> holds d x 0 0 u 0 P Q h ->
  exists P' Q', holds d x 0 0 0 0 P' Q' (run (width d) (more_hats N c l) h)
    /\ P' - Q' = P - Q + c * u + lsum l (fun av => hat (local N v (fst av)) * snd av).
Proof.
  induction l as [|[a w] l IH]; intros c u P Q h Hu HP HQ H.
  - exists (P + relu c * u), (Q + relu (- c) * u). split.
    + now apply finish_step; auto using x_nonneg.
    + assert (hc := positive_part c u). simpl. lra.
  - cbn [more_hats]. rewrite run_app.
    destruct (sums_step d x c u P Q h Hu HP HQ H) as [HP' HQ'].
    assert (Hhat := hat_run (positive_sum d c) (negative_sum d c) N a h (proj1 H)).
    rewrite HP', HQ' in Hhat.
    assert (h1 : 0 <= relu c * u) by (apply Rmult_le_pos; [apply relu_nonneg | exact Hu]).
    assert (h2 : 0 <= relu (- c) * u) by (apply Rmult_le_pos; [apply relu_nonneg | exact Hu]).
    destruct (IH w _ _ _ _ (hat_nonneg d (local N v a)) (Rplus_le_le_0_compat _ _ HP h1) (Rplus_le_le_0_compat _ _ HQ h2) Hhat)
      as [P' [Q' [Hend Hsum]]].
    exists P', Q'. split; [exact Hend|]. rewrite Hsum. cbn [lsum fst snd].
    assert (hc := positive_part c u). lra.
Qed.

(** A grade's network, on any state that carries x: it carries x on, and reads out the sum of the hats. *)
Theorem grade_run N l h :
  (forall i, (i < d)%nat -> h i = x i) ->
  (forall i, (i < d)%nat -> run (width d) (grade_layers N l) h i = x i)
  /\ eval (readout d) (run (width d) (grade_layers N l) h) = lsum l (fun av => hat (local N v (fst av)) * snd av).
Proof.
  intros Hx.
  assert (H : exists P Q, holds d x 0 0 0 0 P Q (run (width d) (grade_layers N l) h)
     /\ P - Q = lsum l (fun av => hat (local N v (fst av)) * snd av)).
  { destruct l as [|[a w] l].
    - exists 0, 0. split; [now apply reset_step; auto using x_nonneg | simpl; ring].
    - unfold grade_layers. rewrite run_app.
      assert (Hhat := hat_run nothing nothing N a h Hx).
      assert (Hzero : relu (eval nothing h) = 0) by (unfold eval, nothing; simpl; apply relu_neg; lra).
      rewrite Hzero in Hhat.
      destruct (more_hats_run N l w _ 0 0 _ (hat_nonneg d (local N v a)) (Rle_refl 0) (Rle_refl 0) Hhat)
        as [P [Q [Hend Hsum]]].
      exists P, Q. split; [exact Hend|]. rewrite Hsum. cbn [lsum fst snd]. ring. }
  destruct H as [P [Q [[H0 [_ [_ [_ [_ [HP HQ]]]]]] Hsum]]].
  split; [exact H0|]. unfold eval, readout. cbn [fst snd lsum]. rewrite HP, HQ, <- Hsum. ring.
Qed.

(** Depth: d + 1 layers per hat, and one. *)
Lemma coordinate_layers_count D n : forall (a : node n) N k, length (coordinate_layers D N k a) = n.
Proof. induction n as [|n IH]; intros a N k; simpl; auto. Qed.

Lemma hat_layers_count fP fQ N a : length (hat_layers fP fQ N a) = (d + 1)%nat.
Proof. unfold hat_layers. cbn [length]. rewrite app_length, coordinate_layers_count. simpl. lia. Qed.

Theorem grade_depth N l : length (grade_layers N l) = (length l * (d + 1) + 1)%nat.
Proof.
  assert (H : forall m c, length (more_hats N c m) = (length m * (d + 1) + 1)%nat).
  { induction m as [|[a w] m IH]; intros c; [reflexivity|].
    cbn [more_hats length]. rewrite app_length, hat_layers_count, IH. lia. }
  destruct l as [|[a w] l]; [reflexivity|].
  cbn [grade_layers length]. rewrite app_length, hat_layers_count, H. lia.
Qed.
End Hats.

(** ** Only nodes with a nonzero value need a hat *)

Definition hats_of (N : nat) {d} (c : node d -> R) : list (node d * R) :=
  map (fun a => (a, c a)) (filter (fun a => if Req_EM_T (c a) 0 then false else true) (nodes N d)).

Lemma hats_of_sum N d (c : node d -> R) v :
  lsum (hats_of N c) (fun av => hat (local N v (fst av)) * snd av) = interpolant N c v.
Proof.
  unfold hats_of, interpolant. rewrite lsum_map. cbn [fst snd].
  induction (nodes N d) as [|a l IH]; [reflexivity|]. cbn [filter lsum].
  destruct (Req_EM_T (c a) 0) as [Hz|Hz].
  - rewrite IH, Hz. ring.
  - cbn [lsum]. rewrite IH. reflexivity.
Qed.

(** ** The scheme as one network, grade composed on grade *)

(** The input, in the channels of the network. *)
Definition input {d} (v : point d) : nat -> R := fun i => if Nat.ltb i d then coordinates v i else 0.

Section SchemeNetwork.
Variable d' : nat.
Notation d := (S d').
Variable f : point d -> R.
Variable grid : nat -> nat.
Variable value : nat -> node d -> R.

Definition scheme_grade (k : nat) : list layer := grade_layers d' (grid k) (hats_of (grid k) (value k)).

(** The network up to and including grade k - 1. *)
Fixpoint scheme_layers (k : nat) : list layer :=
  match k with
  | O => []
  | S k' => scheme_layers k' ++ scheme_grade k'
  end.

(** Grade k's readout of the composed network. *)
Definition network_grade (k : nat) (v : point d) : R :=
  eval (readout d) (run (width d) (scheme_layers (S k)) (input v)).

Lemma network_carries_x k (v : point d) i :
  cube v -> (i < d)%nat -> run (width d) (scheme_layers k) (input v) i = coordinates v i.
Proof.
  intros Hv. revert i. induction k as [|k IH]; intros i Hi.
  - cbn [scheme_layers run]. unfold input. now rewrite (proj2 (Nat.ltb_lt i d) Hi).
  - cbn [scheme_layers]. rewrite run_app. unfold scheme_grade. now apply grade_run.
Qed.

Theorem network_computes_grade k (v : point d) : cube v -> network_grade k v = grade_output grid value k v.
Proof.
  intros Hv. unfold network_grade. cbn [scheme_layers]. rewrite run_app.
  unfold scheme_grade. rewrite (proj2 (grade_run d' v Hv (grid k) _ _ (fun i => network_carries_x k v i Hv))).
  apply hats_of_sum.
Qed.

Theorem network_residual k (v : point d) : cube v ->
  f v - sum k (fun j => network_grade j v) = residual f grid value k v.
Proof.
  intros Hv. rewrite residual_is_rest. f_equal. apply sum_ext.
  intros j _. now apply network_computes_grade.
Qed.
End SchemeNetwork.

(** The theorem for networks: every continuous function on [0,1]^d has grades G_0, G_1, ... of ReLU layers of width d + 6, each composed
    on the layers of the grades before it, whose readouts are a multigrade scheme: the residual never grows anywhere, converges
    uniformly to zero, and loses L^p norm strictly at every grade whose readout is not identically zero. *)
Theorem fixed_width_multigrade d (f : point d -> R) :
  (0 < d)%nat -> continuous_on_cube f ->
  exists G : nat -> list layer,
    let upto := fix upto k := match k with O => [] | S k' => upto k' ++ G k' end in
    multigrade f (fun k v => eval (readout d) (run (d + 6) (upto (S k)) (input v))).
Proof.
  intros Hd Hf. destruct d as [|d']; [lia|].
  destruct (multigrade_outputs (S d') f Hf) as [grid [value H]].
  exists (scheme_grade d' grid value). intros upto. apply H. intros k v Hv.
  rewrite <- network_computes_grade by exact Hv. unfold network_grade.
  assert (Hupto : forall j, upto j = scheme_layers d' grid value j).
  { induction j as [|j IH]; [reflexivity|]. cbn [scheme_layers]. rewrite <- IH. reflexivity. }
  now rewrite Hupto.
Qed.
