(** * A narrower network: width d + 2

    max(0, t) - min(0, t) is the maximum S of 0 and the d (d + 1) linear forms t_i, -t_i, t_i - t_j.  If y = relu(S - l) then
    max(S, l) = y + l(x), and x is carried anyway: one channel y is enough for the running maximum, and holds the hat
    relu(1 - S) in the end.  One sum A is enough, if it starts at a constant no smaller than the sum of the absolute negative
    values.  It is the network of approx.Network (Narrow). *)

From Coq Require Import Reals List Lra Lia Arith.
From Coquelicot Require Import Compactness.
From Multigrade Require Import FiniteSum TrainingBound SoftThreshold KuhnHat Continuity CubeIntegral Scheme ReluNetwork.
Import ListNotations.
Open Scope R_scope.

(** ** The hat as a maximum of linear forms *)

Fixpoint largest (S : R) (values : list R) : R :=
  match values with
  | [] => S
  | l :: values' => largest (Rmax S l) values'
  end.

Lemma largest_ge values : forall S, S <= largest S values.
Proof.
  induction values as [|l values IH]; intros S; simpl; [lra|].
  eapply Rle_trans; [apply Rmax_l | apply IH].
Qed.

Lemma largest_upper values : forall S l, In l values -> l <= largest S values.
Proof.
  induction values as [|u values IH]; intros S l H; [contradiction|]. simpl. destruct H as [->|H].
  - eapply Rle_trans; [apply Rmax_r | apply largest_ge].
  - now apply IH.
Qed.

Lemma largest_attained values : forall S, largest S values = S \/ In (largest S values) values.
Proof.
  induction values as [|l values IH]; intros S; simpl; [now left|].
  destruct (IH (Rmax S l)) as [H|H]; [|now right; right].
  rewrite H. unfold Rmax. destruct Rle_dec; [right; now left | now left].
Qed.

Definition form_up (N : nat) (a : nat -> nat) (i : nat) : affine := ([(INR N, i)], - INR (a i)).
Definition form_down (N : nat) (a : nat -> nat) (i : nat) : affine := ([(- INR N, i)], INR (a i)).
Definition form_difference (N : nat) (a : nat -> nat) (i j : nat) : affine :=
  ([(INR N, i); (- INR N, j)], INR (a j) - INR (a i)).

Definition forms (N d : nat) (a : nat -> nat) : list affine :=
  flat_map (fun i => form_up N a i :: form_down N a i
    :: map (form_difference N a i) (filter (fun j => negb (Nat.eqb i j)) (seq 0 d))) (seq 0 d).

Lemma forms_cases N d a l : In l (forms N d a) ->
  exists i, (i < d)%nat /\ (l = form_up N a i \/ l = form_down N a i
    \/ exists j, (j < d)%nat /\ l = form_difference N a i j).
Proof.
  intros H. apply in_flat_map in H. destruct H as [i [Hi H]]. apply in_below in Hi. exists i. split; [exact Hi|].
  destruct H as [<-|[<-|H]]; auto. right; right. apply in_map_iff in H. destruct H as [j [<- Hj]].
  apply filter_In in Hj. destruct Hj as [Hj _]. apply in_below in Hj. now exists j.
Qed.

Lemma in_forms N d a i : (i < d)%nat ->
  In (form_up N a i) (forms N d a) /\ In (form_down N a i) (forms N d a)
  /\ forall j, (j < d)%nat -> i <> j -> In (form_difference N a i j) (forms N d a).
Proof.
  intros Hi. repeat split; try (intros j Hj Hne); apply in_flat_map; exists i; (split; [now apply in_below|]).
  - now left.
  - right; now left.
  - right; right. apply in_map, filter_In. split; [now apply in_below|].
    apply Bool.negb_true_iff, Nat.eqb_neq. exact Hne.
Qed.

Theorem hat_of_forms N d (v : point d) (a : node d) :
  hat (local N v a) = relu (1 - largest 0 (map (fun l => eval l (coordinates v)) (forms N d (node_coordinates a)))).
Proof.
  set (values := map _ _). set (t := local N v a).
  assert (Hup : forall i, (i < d)%nat -> eval (form_up N (node_coordinates a) i) (coordinates v) = coordinates t i).
  { intros i Hi. unfold t. rewrite local_coordinates by exact Hi. unfold eval, form_up. simpl. ring. }
  assert (Hdown : forall i, (i < d)%nat -> eval (form_down N (node_coordinates a) i) (coordinates v) = - coordinates t i).
  { intros i Hi. unfold t. rewrite local_coordinates by exact Hi. unfold eval, form_down. simpl. ring. }
  assert (Hdiff : forall i j, (i < d)%nat -> (j < d)%nat ->
    eval (form_difference N (node_coordinates a) i j) (coordinates v) = coordinates t i - coordinates t j).
  { intros i j Hi Hj. unfold t. rewrite !local_coordinates by assumption. unfold eval, form_difference. simpl. ring. }
  assert (Hin : forall l, In l (forms N d (node_coordinates a)) -> eval l (coordinates v) <= largest 0 values).
  { intros l Hl. apply largest_upper. exact (in_map (fun l => eval l (coordinates v)) _ l Hl). }
  assert (HM := running_max_ge d t 0). assert (Hm := running_min_le d t 0).
  unfold hat. fold t. replace (1 - running_max 0 t + running_min 0 t) with (1 - (running_max 0 t - running_min 0 t)) by ring.
  f_equal. f_equal. apply Rle_antisym.
  - assert (h0 := largest_ge values 0).
    destruct (running_max_attained d t 0) as [-> | [i [Hi ->]]]; destruct (running_min_attained d t 0) as [-> | [j [Hj ->]]].
    + lra.
    + rewrite Rminus_0_l, <- Hdown by exact Hj. now apply Hin, in_forms.
    + rewrite Rminus_0_r, <- Hup by exact Hi. now apply Hin, in_forms.
    + destruct (Nat.eq_dec i j) as [->|Hne]; [lra|]. rewrite <- Hdiff by assumption.
      apply Hin. now apply (in_forms N d (node_coordinates a) i Hi).
  - destruct (largest_attained values 0) as [-> | H]; [lra|].
    apply in_map_iff in H. destruct H as [l [<- Hl]]. apply forms_cases in Hl.
    destruct Hl as [i [Hi [-> | [-> | [j [Hj ->]]]]]].
    + rewrite Hup by exact Hi. assert (h := running_max_upper d t 0 i Hi). lra.
    + rewrite Hdown by exact Hi. assert (h := running_min_lower d t 0 i Hi). lra.
    + rewrite Hdiff by assumption.
      assert (h := running_max_upper d t 0 i Hi). assert (h' := running_min_lower d t 0 j Hj). lra.
Qed.

(** ** The layers *)

Definition subtract (a b : affine) : affine := (fst a ++ map (fun t => (- fst t, snd t)) (fst b), snd a - snd b).

Lemma eval_subtract a b h : eval (subtract a b) h = eval a h - eval b h.
Proof.
  unfold eval, subtract. cbn [fst snd]. rewrite lsum_app, lsum_map. cbn [fst snd].
  rewrite (lsum_ext (fst b) _ (fun t => -1 * (fst t * h (snd t)))) by (intros; ring).
  rewrite lsum_scal. ring.
Qed.

Section Narrow.
Variable D : nat.

Definition narrow_width : nat := D + 2.
Notation cy := D.
Notation cA := (D + 1)%nat.

Definition narrow_layer (fy fA : affine) : layer := fun i =>
  if Nat.ltb i D then carry i else match (i - D)%nat with 0 => fy | 1 => fA | _ => nothing end%nat.

Definition with_y (l : affine) : affine := ((1, cy) :: fst l, snd l).
Definition one : affine := ([], 1).

(** From y = relu(S' - l'), with S = y + l' the maximum so far, on to the next form; after the last one, the hat. *)
Fixpoint form_layers (last : affine) (ls : list affine) : list layer :=
  match ls with
  | [] => [narrow_layer (subtract one (with_y last)) (carry cA)]
  | l :: ls' => narrow_layer (subtract (with_y last) l) (carry cA) :: form_layers l ls'
  end.

Definition narrow_hat (fA : affine) (ls : list affine) : list layer :=
  match ls with
  | [] => []
  | l :: ls' => narrow_layer (subtract nothing l) fA :: form_layers l ls'
  end.

Definition narrow_sum (c : R) : affine := ([(1, cA); (c, cy)], 0).

Fixpoint narrow_more (N : nat) (c : R) (l : list (node D * R)) : list layer :=
  match l with
  | [] => [narrow_layer nothing (narrow_sum c)]
  | (a, v) :: l' => narrow_hat (narrow_sum c) (forms N D (node_coordinates a)) ++ narrow_more N v l'
  end.

Definition narrow_grade (N : nat) (start : R) (l : list (node D * R)) : list layer :=
  match l with
  | [] => [narrow_layer nothing ([], start)]
  | (a, v) :: l' => narrow_hat ([], start) (forms N D (node_coordinates a)) ++ narrow_more N v l'
  end.

Definition narrow_readout (start : R) : affine := ([(1, cA)], - start).

Definition narrow_holds (x : nat -> R) (y A : R) (h : nat -> R) : Prop :=
  (forall i, (i < D)%nat -> h i = x i) /\ h cy = y /\ h cA = A.

Definition reads_x (l : affine) : Prop := forall t, In t (fst l) -> (snd t < D)%nat.

Lemma eval_reads_x l h x : reads_x l -> (forall i, (i < D)%nat -> h i = x i) -> eval l h = eval l x.
Proof. intros Hl Hx. unfold eval. f_equal. apply lsum_ext. intros t Ht. now rewrite Hx by now apply Hl. Qed.

Variable x : nat -> R.
Hypothesis x_nonneg : forall i, (i < D)%nat -> 0 <= x i.

Lemma apply_narrow fy fA h :
  (forall i, (i < D)%nat -> h i = x i) ->
  narrow_holds x (relu (eval fy h)) (relu (eval fA h)) (apply narrow_width (narrow_layer fy fA) h).
Proof.
  intros Hx. unfold apply, narrow_layer, narrow_width. repeat split.
  - intros i Hi. replace (Nat.ltb i (D + 2)) with true by (symmetry; apply Nat.ltb_lt; lia).
    replace (Nat.ltb i D) with true by (symmetry; apply Nat.ltb_lt; lia).
    unfold eval, carry. simpl. rewrite Hx by exact Hi.
    replace (1 * x i + 0 + 0) with (x i) by ring. apply relu_pos. auto.
  - replace (Nat.ltb D (D + 2)) with true by (symmetry; apply Nat.ltb_lt; lia).
    rewrite Nat.ltb_irrefl, Nat.sub_diag. reflexivity.
  - replace (Nat.ltb (D + 1) (D + 2)) with true by (symmetry; apply Nat.ltb_lt; lia).
    replace (Nat.ltb (D + 1) D) with false by (symmetry; apply Nat.ltb_ge; lia).
    replace (D + 1 - D)%nat with 1%nat by lia. reflexivity.
Qed.

Lemma carry_A y A h : 0 <= A -> narrow_holds x y A h -> relu (eval (carry cA) h) = A.
Proof. intros HA [_ [_ H]]. unfold eval, carry. cbn [fst snd lsum]. rewrite H. rewrite relu_pos; lra. Qed.

Lemma eval_with_y l y A h : reads_x l -> narrow_holds x y A h -> eval (with_y l) h = y + eval l x.
Proof.
  intros Hl [Hx [Hy _]]. rewrite <- (eval_reads_x l h x Hl Hx). unfold eval, with_y. cbn [fst snd lsum].
  rewrite Hy. ring.
Qed.

Lemma form_layers_run : forall ls last y A h,
  reads_x last -> (forall l, In l ls -> reads_x l) -> 0 <= A -> narrow_holds x y A h ->
  narrow_holds x (relu (1 - largest (y + eval last x) (map (fun l => eval l x) ls))) A
    (run narrow_width (form_layers last ls) h).
Proof.
  induction ls as [|l ls IH]; intros last y A h Hlast Hls HA H; cbn [form_layers run map largest].
  - assert (Hn := apply_narrow (subtract one (with_y last)) (carry cA) h (proj1 H)).
    rewrite (carry_A y A h HA H), eval_subtract, (eval_with_y last y A h Hlast H) in Hn.
    replace (eval one h) with 1 in Hn by (unfold eval, one; simpl; ring). exact Hn.
  - assert (Hn := apply_narrow (subtract (with_y last) l) (carry cA) h (proj1 H)).
    rewrite (carry_A y A h HA H), eval_subtract, (eval_with_y last y A h Hlast H) in Hn.
    rewrite (eval_reads_x l h x) in Hn by (auto using in_eq; apply H).
    replace (Rmax (y + eval last x) (eval l x)) with (relu (y + eval last x - eval l x) + eval l x)
      by (rewrite Rmax_comm, running_max_step; ring).
    apply IH; auto using in_eq, in_cons.
Qed.

Lemma narrow_hat_run fA ls h :
  ls <> [] -> (forall l, In l ls -> reads_x l) -> (forall i, (i < D)%nat -> h i = x i) ->
  narrow_holds x (relu (1 - largest 0 (map (fun l => eval l x) ls))) (relu (eval fA h))
    (run narrow_width (narrow_hat fA ls) h).
Proof.
  intros Hne Hls Hx. destruct ls as [|l ls]; [contradiction|]. cbn [narrow_hat run map largest].
  assert (Hn := apply_narrow (subtract nothing l) fA h Hx).
  rewrite eval_subtract, (eval_reads_x l h x) in Hn by auto using in_eq.
  replace (eval nothing h) with 0 in Hn by (unfold eval, nothing; simpl; ring).
  replace (Rmax 0 (eval l x)) with (relu (0 - eval l x) + eval l x) by (rewrite Rmax_comm, running_max_step; ring).
  apply form_layers_run; auto using in_eq, in_cons, relu_nonneg.
Qed.

Lemma forms_read_x N a l : In l (forms N D a) -> reads_x l.
Proof.
  intros H. apply forms_cases in H. destruct H as [i [Hi [-> | [-> | [j [Hj ->]]]]]]; intros t Ht; simpl in Ht.
  - destruct Ht as [<-|[]]. exact Hi.
  - destruct Ht as [<-|[]]. exact Hi.
  - destruct Ht as [<-|[<-|[]]]; assumption.
Qed.

Section Grade.
Variable v : point D.
Hypothesis D_positive : (0 < D)%nat.
Hypothesis v_coordinates : x = coordinates v.

Lemma forms_nonempty N a : forms N D a <> [].
Proof. intros H. assert (h := proj1 (in_forms N D a 0 D_positive)). rewrite H in h. contradiction. Qed.

Lemma narrow_node_run fA N a h :
  (forall i, (i < D)%nat -> h i = x i) ->
  narrow_holds x (hat (local N v a)) (relu (eval fA h)) (run narrow_width (narrow_hat fA (forms N D (node_coordinates a))) h).
Proof.
  intros Hx. rewrite hat_of_forms, <- v_coordinates.
  apply narrow_hat_run; auto using forms_nonempty. intros l Hl. now apply (forms_read_x N (node_coordinates a)).
Qed.

(** What may still be subtracted. *)
Definition negative_total (l : list (node D * R)) : R := lsum l (fun av => relu (- snd av)).

Lemma hat_at_most_one (t : point D) : hat t <= 1.
Proof.
  unfold hat. assert (h := running_max_ge D t 0). assert (h' := running_min_le D t 0).
  unfold relu, Rmax. destruct Rle_dec; lra.
Qed.

Lemma product_above c u : 0 <= u <= 1 -> - relu (- c) <= c * u.
Proof. intros H. unfold relu, Rmax. destruct Rle_dec; nra. Qed.

Lemma narrow_more_run N : forall l c u A h,
  0 <= u <= 1 -> relu (- c) + negative_total l <= A -> narrow_holds x u A h ->
  (forall i, (i < D)%nat -> run narrow_width (narrow_more N c l) h i = x i)
  /\ run narrow_width (narrow_more N c l) h cA = A + c * u + lsum l (fun av => hat (local N v (fst av)) * snd av).
Proof.
  induction l as [|[a w] l IH]; intros c u A h Hu HA H.
  - assert (Hp := product_above c u Hu). unfold negative_total in HA. simpl in HA.
    cbn [narrow_more run lsum]. destruct (apply_narrow nothing (narrow_sum c) h (proj1 H)) as [H1 [_ H3]].
    split; [exact H1|]. rewrite H3. destruct H as [_ [Hy HAh]].
    unfold eval, narrow_sum. cbn [fst snd lsum]. rewrite Hy, HAh. rewrite relu_pos; lra.
  - cbn [narrow_more]. rewrite run_app.
    assert (Hnode := narrow_node_run (narrow_sum c) N a h (proj1 H)).
    assert (Hp := product_above c u Hu).
    unfold negative_total in HA. cbn [lsum snd] in HA. fold (negative_total l) in HA.
    assert (Hrest : 0 <= negative_total l) by (apply lsum_nonneg; intros; apply relu_nonneg).
    assert (Hw := relu_nonneg (- w)).
    assert (Hsum : relu (eval (narrow_sum c) h) = A + c * u).
    { destruct H as [_ [Hy HAh]]. unfold eval, narrow_sum. cbn [fst snd lsum]. rewrite Hy, HAh. rewrite relu_pos; lra. }
    rewrite Hsum in Hnode.
    assert (Hhat : 0 <= hat (local N v a) <= 1) by (split; [apply hat_nonneg | apply hat_at_most_one]).
    destruct (IH w _ (A + c * u) _ Hhat ltac:(lra) Hnode) as [H1 H2].
    split; [exact H1|]. rewrite H2. cbn [lsum fst snd]. ring.
Qed.

Theorem narrow_run N start l h :
  negative_total l <= start -> (forall i, (i < D)%nat -> h i = x i) ->
  (forall i, (i < D)%nat -> run narrow_width (narrow_grade N start l) h i = x i)
  /\ eval (narrow_readout start) (run narrow_width (narrow_grade N start l) h)
     = lsum l (fun av => hat (local N v (fst av)) * snd av).
Proof.
  intros Hstart Hx.
  assert (Hpos : 0 <= start).
  { eapply Rle_trans; [|exact Hstart]. apply lsum_nonneg. intros; apply relu_nonneg. }
  assert (Hread : forall h', eval (narrow_readout start) h' = h' cA - start).
  { intros h'. unfold eval, narrow_readout. cbn [fst snd lsum]. ring. }
  assert (Hconst : relu (eval ([], start) h) = start) by (unfold eval; cbn [fst snd lsum]; rewrite relu_pos; lra).
  rewrite Hread. destruct l as [|[a w] l].
  - cbn [narrow_grade run lsum]. destruct (apply_narrow nothing ([], start) h Hx) as [H1 [_ H3]].
    split; [exact H1|]. rewrite H3, Hconst. ring.
  - cbn [narrow_grade]. rewrite run_app.
    assert (Hnode := narrow_node_run ([], start) N a h Hx). rewrite Hconst in Hnode.
    assert (Hhat : 0 <= hat (local N v a) <= 1) by (split; [apply hat_nonneg | apply hat_at_most_one]).
    destruct (narrow_more_run N l w _ start _ Hhat Hstart Hnode) as [H1 H2].
    split; [exact H1|]. rewrite H2. cbn [lsum fst snd]. ring.
Qed.
End Grade.
End Narrow.

(** ** The dead zone as one more layer of width d + 2, after any network with readout r *)

Definition dead_zone_layer (D : nat) (r : affine) (eps : R) : layer :=
  narrow_layer D (subtract r ([], eps)) (subtract (subtract nothing r) ([], eps)).

Theorem dead_zone_layer_run D x r eps h :
  (forall i, (i < D)%nat -> 0 <= x i) -> (forall i, (i < D)%nat -> h i = x i) ->
  (forall i, (i < D)%nat -> apply (D + 2) (dead_zone_layer D r eps) h i = x i)
  /\ eval ([(1, D); (-1, (D + 1)%nat)], 0) (apply (D + 2) (dead_zone_layer D r eps) h) = soft eps (eval r h).
Proof.
  intros Hx Hh.
  destruct (apply_narrow D x Hx (subtract r ([], eps)) (subtract (subtract nothing r) ([], eps)) h Hh) as [H1 [H2 H3]].
  split; [exact H1|]. unfold eval at 1. cbn [fst snd lsum].
  change (apply (D + 2) (dead_zone_layer D r eps) h) with
    (apply (narrow_width D) (narrow_layer D (subtract r ([], eps)) (subtract (subtract nothing r) ([], eps))) h).
  rewrite H2, H3, !eval_subtract.
  replace (eval ([], eps) h) with eps by (unfold eval; simpl; ring).
  replace (eval nothing h) with 0 by (unfold eval, nothing; simpl; ring).
  unfold soft. rewrite Rminus_0_l. ring.
Qed.

(** ** The scheme in width d + 2 *)

Section NarrowScheme.
Context {d : nat}.
Hypothesis d_positive : (0 < d)%nat.
Variable grid : nat -> nat.
Variable value : nat -> node d -> R.

Definition hats (k : nat) : list (node d * R) := hats_of (grid k) (value k).
Definition start_of (k : nat) : R := negative_total d (hats k).
Definition narrow_scheme_grade (k : nat) : list layer := narrow_grade d (grid k) (start_of k) (hats k).

Fixpoint narrow_layers (k : nat) : list layer :=
  match k with
  | O => []
  | S k' => narrow_layers k' ++ narrow_scheme_grade k'
  end.

Lemma narrow_carries_x k (v : point d) i :
  cube v -> (i < d)%nat -> run (narrow_width d) (narrow_layers k) (input v) i = coordinates v i.
Proof.
  intros Hv. revert i. induction k as [|k IH]; intros i Hi.
  - cbn [narrow_layers run]. unfold input. now rewrite (proj2 (Nat.ltb_lt i d) Hi).
  - cbn [narrow_layers]. rewrite run_app. unfold narrow_scheme_grade.
    apply (narrow_run d (coordinates v)) with (v := v); auto.
    + intros j _. now apply coordinates_nonneg.
    + unfold start_of. lra.
Qed.

Theorem narrow_computes_grade k (v : point d) : cube v ->
  eval (narrow_readout d (start_of k)) (run (narrow_width d) (narrow_layers (S k)) (input v)) = grade_output grid value k v.
Proof.
  intros Hv. cbn [narrow_layers]. rewrite run_app. unfold narrow_scheme_grade.
  rewrite (proj2 (narrow_run d (coordinates v) (fun i _ => coordinates_nonneg d v i Hv) v d_positive eq_refl
    (grid k) (start_of k) (hats k) _ (Rle_refl _) (fun i => narrow_carries_x k v i Hv))).
  apply hats_of_sum.
Qed.
End NarrowScheme.

(** The theorem in width d + 2: grade k's readout is the last channel minus a constant. *)
Theorem fixed_width_multigrade_narrow d (f : point d -> R) :
  (0 < d)%nat -> continuous_on_cube f ->
  exists (G : nat -> list layer) (start : nat -> R),
    let upto := fix upto k := match k with O => [] | S k' => upto k' ++ G k' end in
    multigrade f (fun k v => eval (narrow_readout d (start k)) (run (d + 2) (upto (S k)) (input v))).
Proof.
  intros Hd Hf. destruct (multigrade_outputs d f Hf) as [grid [value H]].
  exists (narrow_scheme_grade grid value), (start_of grid value). intros upto. apply H. intros k v Hv.
  rewrite <- narrow_computes_grade by assumption.
  assert (Hupto : forall j, upto j = narrow_layers grid value j).
  { induction j as [|j IH]; [reflexivity|]. cbn [narrow_layers]. rewrite <- IH. reflexivity. }
  now rewrite Hupto.
Qed.
