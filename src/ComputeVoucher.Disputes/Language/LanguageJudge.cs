using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>
/// Judges one committed element of a language model's trace from an <see cref="ElementProof"/>
/// alone, by the definition of its operator.
/// </summary>
public sealed class LanguageJudge
{
    private readonly LlamaArchitecture _model;
    private readonly Bytes32 _parametersRoot;
    private readonly RowOrder _order;

    /// <param name="modelRoot">The model that was ordered.</param>
    /// <param name="architecture">Its canonical encoding.</param>
    /// <param name="parametersRoot">Beside the architecture under the model root.</param>
    /// <exception cref="ModelException">Not what the root names, no valid Llama, or one whose
    /// elements no court judges.</exception>
    public LanguageJudge(Bytes32 modelRoot, byte[] architecture, in Bytes32 parametersRoot)
    {
        _parametersRoot = parametersRoot;
        Bytes32 digest = LlamaRoots.Architecture(architecture);
        _model = ModelRoots.Model(digest, parametersRoot) == modelRoot
            ? LlamaArchitecture.Parse(architecture, text => new ModelException(text))
            : throw new ModelException("the architecture is of another model");
        new LlamaProofSize(_model).Check();
        _order = new RowOrder(_model);
    }

    /// <summary>
    /// Whether the element follows; or, where the proof names a rival, whether the committed
    /// witness of a maximum stands against it: Differs where the rival is larger, or as large with
    /// a lower index. Without a rival a witness follows as long as it is in range.
    /// </summary>
    /// <param name="statement">What was signed.</param>
    /// <param name="proof">See <see cref="LanguageWitnesses.Element"/>.</param>
    public Judgement Element(LanguageStatement statement, ReadOnlyMemory<byte> proof)
    {
        try
        {
            ProofReader reader = new(proof);
            reader.Version(ElementProof.Everything);
            OperandsRequest request = new(
                reader.Below(int.MaxValue), reader.Below(int.MaxValue), reader.U32());
            (TraceLayout layout, Leaves record) = Layout(statement, reader);
            OpenedReader opened = Opened(statement, reader, layout, record, null, rows: true);
            reader.End();
            return Judged(opened, Check(opened, statement, request), request);
        }
        catch (EvidenceException e)
        {
            return Judgement.Of(e);
        }
    }

    /// <summary>
    /// Whether the element comes out of operands that are only claimed: Equal is an answer,
    /// everything else is none. The values stand for all that the weighted sums of attention read
    /// of rope and of its scalars.
    /// </summary>
    /// <param name="statement">What was signed.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="answer">See <see cref="LanguageWitnesses.Operands"/>.</param>
    public Judgement Operands(
        LanguageStatement statement, OperandsRequest request, OperandsAnswer answer)
    {
        try
        {
            ProofReader reader = new(answer.Proof);
            reader.Version(ElementProof.WithoutOperands);
            ClaimedValues values = new(answer.Values);
            (_, Judgement judgement) = Claimed(statement, reader, values, request);
            return values.IsUsedUp ? judgement
                : throw ProofReader.Bad("more values than operands");
        }
        catch (EvidenceException e)
        {
            return Judgement.Of(e);
        }
    }

    /// <summary>
    /// Whether one opening shows another operand than the answer says: Differs convicts.
    /// </summary>
    /// <param name="statement">What was signed.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="values">What was answered.</param>
    /// <param name="proof">See <see cref="LanguageWitnesses.Refutation"/>.</param>
    public Judgement Refutation(
        LanguageStatement statement, OperandsRequest request, byte[] values,
        ReadOnlyMemory<byte> proof)
    {
        try
        {
            ProofReader reader = new(proof);
            reader.Version(ElementProof.Refutation);
            int place = reader.U16();
            (OpenedReader opened, _) =
                Claimed(statement, reader, new ClaimedValues(values), request);
            if (place >= opened.Claimed.Count)
            {
                throw ProofReader.Bad($"value {place} of {opened.Claimed.Count}");
            }

            ClaimedOperand claim = opened.Claimed[place];
            return Judgement.Of(opened.Committed(claim.Tensor, claim.Element), claim.Value);
        }
        catch (EvidenceException e)
        {
            return Judgement.Of(e);
        }
    }

    /// <summary>Whether a token of the output is that of the trace: Differs convicts.</summary>
    /// <param name="statement">What was signed.</param>
    /// <param name="outputRoot">Of the same receipt.</param>
    /// <param name="proof">See <see cref="LanguageWitnesses.Output(int, byte[])"/>.</param>
    public Judgement Output(
        LanguageStatement statement, in Bytes32 outputRoot, ReadOnlyMemory<byte> proof)
    {
        try
        {
            ProofReader reader = new(proof);
            reader.Version(ElementProof.OutputToken);
            int token = reader.Below(int.MaxValue);
            (TraceLayout layout, Leaves record) = Layout(statement, reader);
            Leaves output = reader.Leaves();
            int[] dims = [(int)statement.Steps];
            Bytes32 tensor = TraceTree.TensorHash(
                TensorType.Int32, dims,
                reader.Root(output, TraceTree.DataBytes(TensorType.Int32, dims)));
            OpenedReader opened = Opened(statement, reader, layout, record, null, rows: false);
            reader.End();
            Span<byte> value = stackalloc byte[sizeof(int)];
            if (TraceTree.ListRoot([tensor]) != outputRoot || token >= statement.Steps ||
                !output.TryCopy(sizeof(int) * token, value))
            {
                throw ProofReader.Bad("no token of the signed output is open");
            }

            TracePlace at = new(TraceTensor.Token, layout.Record.Prompt - 1 + token, 0);
            return Judgement.Of(
                OpenedTrace.Element(TensorType.Int32, value, 0),
                opened.Committed(layout.Index(at), 0));
        }
        catch (EvidenceException e)
        {
            return Judgement.Of(e);
        }
    }

    /// <summary>The one definition of an element or of a rival's claim.</summary>
    internal static Judgement Judged(TraceReader reader, TracePlace at, in OperandsRequest request)
    {
        long committed = reader.Get(at, request.Element);
        if (request.Rival != ElementProof.NoRival)
        {
            bool beats = Maximum.Beats(reader, at, request.Element, (int)request.Rival) ||
                reader.IsRefuted;
            return new Judgement(
                beats ? Verdict.Differs : Verdict.Equal, committed,
                beats ? request.Rival : committed, "");
        }

        long computed = LlamaElement.Of(reader, at, request.Element);
        return reader.IsRefuted
            ? new Judgement(Verdict.Differs, committed, computed, "no honest run commits to that")
            : Judgement.Of(committed, computed);
    }

    /// <summary>The same of operands that are claimed, where they may be.</summary>
    /// <param name="statement">What was signed.</param>
    /// <param name="proof">At the tensors that it opens, up to its end.</param>
    /// <param name="values">What is claimed.</param>
    /// <param name="request">What was asked for.</param>
    private (OpenedReader Opened, Judgement Judgement) Claimed(
        LanguageStatement statement, ProofReader proof, ClaimedValues values,
        in OperandsRequest request)
    {
        // How long the record is says nothing of the list, and none of these proofs opens it.
        TraceLayout layout = Checked(new(_model, new RecordHeader(
            checked((int)statement.Prompt), statement.Steps, 0,
            new SamplingOptions(0, statement.TopK, 0, 0))), statement.Steps);
        OpenedReader opened = Opened(
            statement, proof, layout, new Leaves([], default), values, rows: false);
        proof.End();
        TracePlace at = Check(opened, statement, request);
        opened.RequireClaims(at, request);
        return (opened, Judged(opened, at, request));
    }

    private static TracePlace Check(
        OpenedReader opened, LanguageStatement statement, in OperandsRequest request)
    {
        if (request.Tensor < 0 || request.Tensor >= opened.Layout.Tensors(statement.Steps))
        {
            throw ProofReader.Bad($"no tensor {request.Tensor}");
        }

        TracePlace at = opened.Layout.Locate(request.Tensor);
        long elements = opened.Layout.Dims(at).Aggregate(1L, (a, b) => a * b);
        bool isThere = request.Element >= 0 && request.Element < elements &&
            (request.Rival == ElementProof.NoRival ||
                request.Rival < Maximum.Rivals(opened, at, request.Element));
        return isThere ? at : throw ProofReader.Bad("no such element, or no such rival");
    }

    private OpenedReader Opened(
        LanguageStatement statement, ProofReader proof, TraceLayout layout, Leaves record,
        ClaimedValues? values, bool rows)
    {
        OpenedTrace trace = OpenedTrace.Read(
            proof, (int)layout.Tensors(statement.Steps),
            i => values is null || i > 0
                ? (layout.Type(layout.Locate(i).Tensor), layout.Dims(layout.Locate(i)))
                : throw ProofReader.Bad("the record is no operand"),
            statement.TraceRoot);
        return new OpenedReader(
            _model, layout, trace, record, rows ? Rows(proof) : [], values);
    }

    private (TraceLayout Layout, Leaves Record) Layout(
        LanguageStatement statement, ProofReader proof)
    {
        (RecordHeader record, Leaves leaves) = Record(proof, statement.InputRoot);
        return statement.Steps <= record.NewTokensMax
            ? (Checked(new(_model, record), statement.Steps), leaves)
            : throw ProofReader.Bad($"{statement.Steps} steps are not what the record asks for");
    }

    private TraceLayout Checked(TraceLayout layout, uint steps)
    {
        if (steps == 0 || layout.Record.Prompt - 1 + (long)steps > _model.Shape.Context)
        {
            throw ProofReader.Bad($"no run has {steps} steps");
        }

        long count = layout.Tensors(steps);
        return count <= TraceTree.ListCountMax ? layout
            : throw ProofReader.Bad($"{count} tensors have no list");
    }

    /// <summary>The order's record: the layout follows from its first bytes.</summary>
    private static (RecordHeader, Leaves) Record(ProofReader proof, in Bytes32 inputRoot)
    {
        Leaves leaves = proof.Leaves();
        Span<byte> header = stackalloc byte[InputRecord.HeaderBytes];
        if (!leaves.TryCopy(0, header))
        {
            throw new EvidenceException(Verdict.OpeningMissing, "the record is not open");
        }

        if (RecordHeader.Read(header) is not RecordHeader record || record.Problem() is not null)
        {
            throw ProofReader.Bad("the input is no record of a language model");
        }

        Bytes32 tensor = TraceTree.TensorHash(
            TensorType.UInt8, [record.Bytes], proof.Root(leaves, record.Bytes));
        return TraceTree.ListRoot([tensor]) == inputRoot
            ? (record, leaves)
            : throw ProofReader.Bad("the record is not the order's");
    }

    /// <summary>Parameter rows: each a tree of its own under its leaf.</summary>
    private Dictionary<(WeightId, int, int), Leaves> Rows(ProofReader proof)
    {
        Dictionary<(WeightId, int, int), Leaves> rows = [];
        int count = proof.U8();
        int[] places = new int[count];
        Bytes32[] hashes = new Bytes32[count];
        for (int i = 0; i < count; i++)
        {
            places[i] = proof.Below(_order.Count);
            (WeightId id, int layer, int row) = _order.Locate(places[i]);
            int bytes = _model.RowBytes(id, layer);
            Leaves leaves = proof.Leaves();
            hashes[i] = LlamaRoots.Leaf(id, layer, row, bytes, proof.Root(leaves, bytes));
            rows[(id, layer, row)] = leaves;
        }

        if (count > 0)
        {
            Bytes32 root = proof.Root(places, hashes, _order.Count);
            if (ModelRoots.Parameters(_order.Count, root) != _parametersRoot)
            {
                throw ProofReader.Bad("the parameter rows are not of this model");
            }
        }

        return rows;
    }
}

/// <summary>What order and receipt say about one run of a language model.</summary>
/// <param name="InputRoot">Of the order.</param>
/// <param name="TraceRoot">Of the receipt.</param>
/// <param name="Steps">Of the receipt; the trace of fewer steps is a prefix.</param>
/// <param name="Prompt">Tokens of the record, which a court reads when a dispute begins.</param>
/// <param name="TopK">Of the record; 0 where the choice is greedy.</param>
public sealed record LanguageStatement(
    Bytes32 InputRoot, Bytes32 TraceRoot, uint Steps, uint Prompt, uint TopK)
{
    /// <param name="input">The record that was ordered.</param>
    /// <param name="traceRoot">Of the receipt.</param>
    /// <param name="steps">Of the receipt.</param>
    /// <exception cref="ModelException">The input is no record.</exception>
    public static LanguageStatement Of(
        ReadOnlySpan<byte> input, in Bytes32 traceRoot, uint steps)
    {
        InputRecord record = InputRecord.Decode(input);
        return new(
            InputRecord.Root(input), traceRoot, steps, (uint)record.Prompt.Length,
            record.Sampling.TopK);
    }
}
