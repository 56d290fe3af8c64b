(** * The fixed-width network

    A deep ReLU network of width d + 6, whatever N and the grade, computes sum_a c_a hat_a on the cube.  Its channels:

      0 .. d-1   x            carried through every layer (x >= 0 on the cube)
      d, d+1     M, m         running max(0, t) and -min(0, t), t = N x - a
      d+2, d+3   U, V         their next increments;  U later holds the hat
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

Section Layers.
Variable D : nat.   (* dimension of x *)

Definition width : nat := D + 6.
Definition carry (i : nat) : affine := ([(1, i)], 0).
Definition nothing : affine := ([], 0).

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

(** The hat enters the sum of its sign. *)
Definition accumulate_layer (c : R) : layer := layer_of
  nothing nothing nothing nothing ([(1, cP); (relu c, cU)], 0) ([(1, cQ); (relu (- c), cU)], 0).

(** Only x goes on to the next grade. *)
Definition reset_layer : layer := layer_of nothing nothing nothing nothing nothing nothing.

Fixpoint coordinate_layers (N : nat) {d} (k : nat) : node d -> list layer :=
  match d with
  | O => fun _ => []
  | S d' => fun a => coordinate_layer N k (fst a) :: coordinate_layers N (S k) (snd a)
  end.

Definition node_layers (N : nat) (a : node D) (c : R) : list layer :=
  coordinate_layers N 0 a ++ [hat_layer; accumulate_layer c].

Definition grade_layers (N : nat) (c : node D -> R) : list layer :=
  reset_layer :: flat_map (fun a => node_layers N a (c a)) (nodes N D).

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

Lemma accumulate_step c u P Q h :
  0 <= u -> 0 <= P -> 0 <= Q -> holds x 0 0 u 0 P Q h ->
  holds x 0 0 0 0 (P + relu c * u) (Q + relu (- c) * u) (apply width (accumulate_layer c) h).
Proof.
  intros Hu HP HQ [Hx [H1 [H2 [H3 [H4 [H5 H6]]]]]].
  assert (h1 : 0 <= relu c * u) by (apply Rmult_le_pos; [apply relu_nonneg | exact Hu]).
  assert (h2 : 0 <= relu (- c) * u) by (apply Rmult_le_pos; [apply relu_nonneg | exact Hu]).
  apply (holds_eq _ _ _ _ _ _ _ _ _ _ _ _ _ (apply_layer_of _ _ _ _ _ _ h Hx));
    compute_channels; try (rewrite relu_pos; lra).
Qed.

Lemma reset_step h :
  (forall i, (i < D)%nat -> h i = x i) -> holds x 0 0 0 0 0 0 (apply width reset_layer h).
Proof.
  intros Hx.
  apply (holds_eq _ _ _ _ _ _ _ _ _ _ _ _ _ (apply_layer_of _ _ _ _ _ _ h Hx));
    compute_channels; rewrite relu_pos; lra.
Qed.

(** The coordinate layers fold the maximum and the minimum of t = N v - a; v is the part of x from channel k on. *)
Fixpoint coordinates {d} : point d -> nat -> R :=
  match d with
  | O => fun _ _ => 0
  | S d' => fun v i => match i with O => fst v | S i' => coordinates (snd v) i' end
  end.

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

Section Node.
Variable v : point D.
Hypothesis v_coordinates : forall i, (i < D)%nat -> x i = coordinates v i.

Lemma node_run N a c P Q h :
  0 <= P -> 0 <= Q -> holds x 0 0 0 0 P Q h ->
  holds x 0 0 0 0 (P + relu c * hat (local N v a)) (Q + relu (- c) * hat (local N v a))
    (run width (node_layers N a c) h).
Proof.
  intros HP HQ H. unfold node_layers. rewrite run_app.
  destruct (coordinates_run N D v a 0 0 0 0 0 P Q h) as [M [m [U [V [H1 [H2 H3]]]]]]; auto; try lra.
  cbn [run]. apply hat_step in H1; auto.
  apply accumulate_step; auto using hat_nonneg.
  replace (hat (local N v a)) with (relu (1 - (M + U) - (m + V))); [exact H1|].
  rewrite H2, H3. unfold hat. rewrite Rplus_0_r, Ropp_0. f_equal. ring.
Qed.

Lemma nodes_run N (c : node D -> R) l : forall P Q h,
  0 <= P -> 0 <= Q -> holds x 0 0 0 0 P Q h ->
  holds x 0 0 0 0 (P + lsum l (fun a => relu (c a) * hat (local N v a)))
                  (Q + lsum l (fun a => relu (- c a) * hat (local N v a)))
    (run width (flat_map (fun a => node_layers N a (c a)) l) h).
Proof.
  induction l as [|a l IH]; intros P Q h HP HQ H; simpl.
  - now rewrite !Rplus_0_r.
  - rewrite run_app, <- !Rplus_assoc.
    apply IH; [| |now apply node_run]; apply Rplus_le_le_0_compat; auto;
      apply Rmult_le_pos; auto using relu_nonneg, hat_nonneg.
Qed.

(** A grade's network, on any state that carries x: it carries x on, and reads out the interpolant. *)
Theorem grade_run N (c : node D -> R) h :
  (forall i, (i < D)%nat -> h i = x i) ->
  (forall i, (i < D)%nat -> run width (grade_layers N c) h i = x i)
  /\ eval readout (run width (grade_layers N c) h) = interpolant N c v.
Proof.
  intros Hx. unfold grade_layers. cbn [run].
  destruct (nodes_run N c (nodes N D) 0 0 _ (Rle_refl 0) (Rle_refl 0) (reset_step h Hx))
    as [H0 [_ [_ [_ [_ [HP HQ]]]]]].
  split; [exact H0|]. unfold eval, readout. cbn [fst snd lsum]. rewrite HP, HQ.
  unfold interpolant.
  rewrite (lsum_ext (nodes N D) (fun a => hat (local N v a) * c a)
     (fun a => relu (c a) * hat (local N v a) - relu (- c a) * hat (local N v a))).
  - rewrite lsum_minus. ring.
  - intros a _. rewrite <- Rmult_minus_distr_r, positive_minus_negative. ring.
Qed.
End Node.
End Layers.

(** ** The scheme as one network, grade composed on grade *)

Section SchemeNetwork.
Context {d : nat}.
Variable f : point d -> R.
Variable grid : nat -> nat.
Variable tau : nat -> R.

Definition node_values (k : nat) : node d -> R :=
  fun a => soft (tau k) (sampled (grid k) (residual f grid tau k) a).

Definition scheme_grade (k : nat) : list layer := grade_layers d (grid k) (node_values k).

(** The network up to and including grade k - 1. *)
Fixpoint scheme_layers (k : nat) : list layer :=
  match k with
  | O => []
  | S k' => scheme_layers k' ++ scheme_grade k'
  end.

(** The input, in the channels of the network. *)
Definition input (v : point d) : nat -> R := fun i => if Nat.ltb i d then coordinates v i else 0.

Lemma coordinates_nonneg d' : forall (v : point d') i, cube v -> 0 <= coordinates v i.
Proof.
  induction d' as [|d' IH]; intros v i Hv; simpl; [lra|].
  destruct Hv as [H1 H2]. destruct i; [lra | now apply IH].
Qed.

(** Grade k's readout of the composed network. *)
Definition network_grade (k : nat) (v : point d) : R :=
  eval (readout d) (run (width d) (scheme_layers (S k)) (input v)).

Lemma network_carries_x k v i :
  cube v -> (i < d)%nat -> run (width d) (scheme_layers k) (input v) i = coordinates v i.
Proof.
  intros Hv. revert i. induction k as [|k IH]; intros i Hi.
  - simpl. unfold input. now rewrite (proj2 (Nat.ltb_lt i d) Hi).
  - cbn [scheme_layers]. rewrite run_app.
    apply (grade_run d (coordinates v)) with (v := v); auto.
    intros j _. now apply coordinates_nonneg.
Qed.

Theorem network_computes_grade k v : cube v -> network_grade k v = grade_output f grid tau k v.
Proof.
  intros Hv. unfold network_grade. cbn [scheme_layers]. rewrite run_app.
  apply (grade_run d (coordinates v)); auto.
  - intros j _. now apply coordinates_nonneg.
  - intros i Hi. now apply network_carries_x.
Qed.

Theorem network_residual k v : cube v ->
  f v - sum k (fun j => network_grade j v) = residual f grid tau k v.
Proof.
  intros Hv. rewrite residual_is_rest. f_equal. apply sum_ext.
  intros j _. now apply network_computes_grade.
Qed.
End SchemeNetwork.

(** Every layer of the scheme has d + 6 neurons, whatever the grid and the grade, and each grade has (d + 2) (N + 1)^d + 1 layers. *)
Lemma nodes_count N d : length (nodes N d) = (S N ^ d)%nat.
Proof.
  induction d as [|d IH]; [reflexivity|].
  change (nodes N (S d)) with (flat_map (fun i => map (pair i) (nodes N d)) (seq 0 (S N))).
  rewrite Nat.pow_succ_r', <- IH.
  assert (Hproduct : forall l : list nat,
    length (flat_map (fun i => map (pair i) (nodes N d)) l) = (length l * length (nodes N d))%nat).
  { induction l as [|i l IHl]; [reflexivity|].
    cbn [flat_map length]. rewrite app_length, map_length, IHl. reflexivity. }
  now rewrite Hproduct, seq_length.
Qed.

Lemma coordinate_layers_count D N d : forall (a : node d) k, length (coordinate_layers D N k a) = d.
Proof. induction d as [|d IH]; intros a k; simpl; auto. Qed.

Theorem grade_depth N d (c : node d -> R) : length (grade_layers d N c) = S ((d + 2) * S N ^ d).
Proof.
  unfold grade_layers. simpl. f_equal. rewrite <- nodes_count.
  induction (nodes N d) as [|a l IH]; simpl; [lia|].
  rewrite app_length, IH. unfold node_layers. rewrite app_length, coordinate_layers_count. simpl. lia.
Qed.

(** The theorem for networks: every continuous function on [0,1]^d has grades G_0, G_1, ... of ReLU layers of width d + 6, each composed
    on the layers of the grades before it, such that the residual e_k = f - (readouts of grades 0 .. k-1) never grows anywhere, converges
    uniformly to zero, and loses L^p norm strictly at every grade whose readout is not identically zero. *)
Theorem fixed_width_multigrade d (f : point d -> R) :
  continuous_on_cube f ->
  exists G : nat -> list layer,
    let upto := fix upto k := match k with O => [] | S k' => upto k' ++ G k' end in
    let g := fun k v => eval (readout d) (run (d + 6) (upto (S k)) (input v)) in
    let e := fun k v => f v - sum k (fun j => g j v) in
    (forall k v, cube v -> Rabs (e (S k) v) <= Rabs (e k v))
    /\ (forall k v, cube v -> g k v <> 0 -> Rabs (e (S k) v) < Rabs (e k v))
    /\ (forall eta, 0 < eta -> exists K, forall k v, (K <= k)%nat -> cube v -> Rabs (e k v) <= eta)
    /\ (forall p k, 0 < p -> (exists v, cube v /\ g k v <> 0) -> lp_integral p (e (S k)) < lp_integral p (e k)).
Proof.
  intros Hf. destruct (multigrade_scheme d f Hf) as [m [tau [_ [_ [Hmono [Hstrict [Hconv [Hdecay _]]]]]]]].
  set (grid := fun k => (2 ^ m k)%nat) in *.
  exists (scheme_grade f grid tau). intros upto g e.
  assert (Hupto : forall k, upto k = scheme_layers f grid tau k).
  { induction k as [|k IH]; [reflexivity|]. cbn [scheme_layers]. rewrite <- IH. reflexivity. }
  assert (Hg : forall k v, cube v -> g k v = grade_output f grid tau k v).
  { intros k v Hv. rewrite <- network_computes_grade by exact Hv.
    unfold g, network_grade. rewrite Hupto. reflexivity. }
  assert (He : forall k v, cube v -> e k v = residual f grid tau k v).
  { intros k v Hv. rewrite residual_is_rest. unfold e. f_equal. apply sum_ext. auto. }
  assert (Hlp : forall p k, lp_integral p (e k) = lp_integral p (residual f grid tau k)).
  { intros p k. apply integral_ext. intros v Hv. now rewrite He. }
  repeat split.
  - intros k v Hv. rewrite !He by exact Hv. now apply Hmono.
  - intros k v Hv Hne. rewrite !He by exact Hv. apply Hstrict; [exact Hv|]. now rewrite <- Hg.
  - intros eta Heta. destruct (Hconv eta Heta) as [K HK]. exists K. intros k v Hk Hv.
    rewrite He by exact Hv. now apply HK.
  - intros p k Hp [v [Hv Hne]]. rewrite !Hlp. apply Hdecay; [exact Hp|].
    exists v. split; [exact Hv|]. now rewrite <- Hg.
Qed.
