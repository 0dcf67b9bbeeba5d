using System;
using System.Buffers.Binary;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>
/// Looks at a signed trace without running the model: its form and its ends whole, of its elements
/// some that a seed chooses, each recomputed from what it reads. The seed has to be made after the
/// trace root was signed, or whoever signed it could be right just there.
/// </summary>
public sealed class TraceAudit
{
    private readonly AuditedRun _run;
    private readonly AuditStatement _said;
    private readonly RecordedTrace _trace;
    // Elements of the tensors before each.
    private readonly long[] _before;

    /// <param name="model">The model that was ordered, with its weights.</param>
    /// <param name="input">The input that was ordered.</param>
    /// <param name="said">What was signed about it.</param>
    /// <param name="trace">The list that its trace root is of.</param>
    /// <exception cref="ModelException">The input does not fit the model.</exception>
    public TraceAudit(IModel model, byte[] input, AuditStatement said, RecordedTrace trace)
    {
        (_said, _trace) = (said, trace);
        _run = model is GraphModel graph
            ? new AuditedGraph(graph, trace)
            : new AuditedText((LanguageModel)model, input, said, trace);
        int count = (int)Math.Min(_run.Count, trace.Count);
        _before = new long[count + 1];
        for (int i = 0; i < count; i++)
        {
            bool isComputed = i >= _run.Inputs.Count;
            _before[i + 1] = _before[i] + (isComputed ? Product(_run.Form(i).Dims) : 0);
        }
    }

    /// <summary>Elements that an operator computed: what is drawn from.</summary>
    public long Elements => _before[^1];

    /// <summary>What is wrong with the list as a whole, in words: not of the signed root, another
    /// form than the architecture gives it, not of this input, or not of the signed output. Null
    /// where all of that holds; of a list whose tensors are opened on demand, the form of those
    /// that are not is left open.</summary>
    public string? Fault()
    {
        if (_trace.Root != _said.TraceRoot)
        {
            return $"its root is {_trace.Root}, signed was {_said.TraceRoot}";
        }

        if (_trace.Count != _run.Count)
        {
            return $"{_trace.Count} tensors, {_run.Count} are right";
        }

        // A tensor that is opened on demand has the form of the architecture, or fails then.
        for (int i = 0; i < _trace.Count && !_trace.IsOpenedOnDemand; i++)
        {
            (TensorType type, int[] dims) = _run.Form(i);
            if (_trace[i].Type != type || !_trace[i].Dims.AsSpan().SequenceEqual(dims))
            {
                return $"tensor {i} is {_trace[i].Type} [{string.Join(", ", _trace[i].Dims)}], "
                    + $"{type} [{string.Join(", ", dims)}] is right";
            }
        }

        return TraceTree.ListRoot([.. _run.Inputs.Select(i => _trace[i].Hash)]) != _said.InputRoot
            ? "its input is not the order's"
            : _run.OutputRoot() != _said.OutputRoot ? "its output is not the receipt's"
            : null;
    }

    /// <summary>Judges the element that a seed draws; only where there is no fault.</summary>
    /// <param name="seed">See <see cref="Seed"/>.</param>
    /// <param name="number">Which of its draws, from 0.</param>
    public DrawnElement Draw(in Bytes32 seed, int number)
    {
        Span<byte> message = stackalloc byte[Bytes32.Size + sizeof(uint)];
        seed.CopyTo(message);
        BinaryPrimitives.WriteInt32BigEndian(message[Bytes32.Size..], number);
        Bytes32 draw = Keccak256.Hash(message);
        // 128 bits: no element is preferred by more than one part in 2^64.
        long at = (long)(BinaryPrimitives.ReadUInt128BigEndian(draw.Span)
            % (UInt128)Elements);
        int tensor = Array.BinarySearch(_before, at);
        tensor = tensor < 0 ? ~tensor - 1 : tensor;
        while (_before[tensor + 1] == at)
        {
            // Of tensors without elements, the last begins where the next does.
            tensor++;
        }

        uint rival = BinaryPrimitives.ReadUInt32BigEndian(draw.Span[16..]);
        int element = (int)(at - _before[tensor]);
        return new DrawnElement(tensor, element, _run.Judge(tensor, element, rival));
    }

    /// <summary>The seed of random openings: nobody knew it when the root was signed.</summary>
    /// <param name="signedRoot">The trace root.</param>
    /// <param name="randomness">32 bytes, fresh.</param>
    public static Bytes32 Seed(in Bytes32 signedRoot, in Bytes32 randomness) => Keccak256.Hash(
        [.. "ComputeVoucher random openings 1\n"u8, .. signedRoot.Span, .. randomness.Span]);

    /// <summary>Probability that at least one of so many draws meets a wrong element, where this
    /// share of them is wrong: 1 − (1 − p)^k.</summary>
    public static double Detection(double wrongShare, int openings) =>
        -double.ExpM1(openings * double.LogP1(-wrongShare));

    private static long Product(int[] dims) => dims.Aggregate(1L, (a, b) => a * b);
}

/// <summary>What order and receipt say about one run.</summary>
/// <param name="InputRoot">Of the order.</param>
/// <param name="OutputRoot">Of the receipt.</param>
/// <param name="TraceRoot">Of the receipt, or of the node's TraceRoot.</param>
/// <param name="Steps">Of the receipt.</param>
public sealed record AuditStatement(
    Bytes32 InputRoot, Bytes32 OutputRoot, Bytes32 TraceRoot, uint Steps);

/// <summary>One element that was drawn.</summary>
/// <param name="Tensor">List index.</param>
/// <param name="Element">Number in the tensor's own order.</param>
/// <param name="Judgement">What its operands say.</param>
public readonly record struct DrawnElement(int Tensor, int Element, Judgement Judgement);
