using System;
using System.Buffers;
using System.Linq;
using System.Runtime.CompilerServices;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>A trace with one element changed by a provider that goes on from it, or does not.
/// </summary>
/// <param name="Trace">What it commits to.</param>
/// <param name="Operator">Whose output was changed.</param>
/// <param name="Element">Which element of it.</param>
internal sealed record Tampering(RecordedTrace Trace, int Operator, int Element);

/// <summary>
/// Changes traces of a graph. What follows from a change is computed by the kernels that serve, as
/// a cheat would: every model in a fraction of the time that the definitions take.
/// </summary>
internal sealed class GraphCheat
{
    private static readonly ConditionalWeakTable<GraphModel, GraphCheat> s_all = [];

    private readonly Graph _graph;
    private readonly Lazy<IKernel>[] _kernels;

    private GraphCheat(GraphModel model)
    {
        _graph = model.Graph;
        _kernels = [.. _graph.Operators.ToArray().Select(op => new Lazy<IKernel>(
            () => Backends.Of(Backend.Auto).Compile(op)))];
    }

    /// <summary>The one of a model: its weights are packed once.</summary>
    public static GraphCheat Of(GraphModel model) => s_all.GetValue(model, m => new(m));

    /// <summary>Any element of any operator becomes another.</summary>
    /// <param name="own">The honest run.</param>
    /// <param name="numbers">Which element, and what.</param>
    /// <param name="recomputed">Whether everything that reads it is computed anew.</param>
    public Tampering Tamper(RecordedTrace own, Prng numbers, bool recomputed)
    {
        int op = numbers.Between(0, _graph.Operators.Length - 1);
        int tensor = _graph.Inputs.Length + op;
        byte[] data = [.. own[tensor].Data];
        int element = numbers.Between(0, data.Length - 1);
        data[element] ^= (byte)numbers.Between(1, 255);
        RecordedTrace forged = own.With(tensor, data);
        return new(recomputed ? Anew(own, forged, op + 1) : forged, op, element);
    }

    /// <summary>Every operator from one on, where its input is another than in the honest run.
    /// </summary>
    private RecordedTrace Anew(RecordedTrace own, RecordedTrace forged, int from)
    {
        for (int next = from; next < _graph.Operators.Length; next++)
        {
            int[] inputs = _graph.Operators[next].Wiring.InputIds;
            if (!Array.Exists(inputs, id => forged[id].Data != own[id].Data))
            {
                continue;
            }

            int tensor = _graph.Inputs.Length + next;
            byte[] data = Run(next, [.. inputs.Select(id => forged[id].Data)]);
            // What rounding has swallowed changes nothing behind it.
            forged = data.AsSpan().SequenceEqual(own[tensor].Data)
                ? forged : forged.With(tensor, data);
        }

        return forged;
    }

    // Safety: the arrays are whole tensors of the operator, pinned for the run; the scratch is as
    // large as the kernel asks for, and aligned.
    private unsafe byte[] Run(int index, byte[][] inputs)
    {
        IKernel kernel = _kernels[index].Value;
        byte[] output = new byte[_graph.Operators[index].Output.Elements];
        byte[] scratch = new byte[kernel.ScratchBytes + ArenaPlan.AlignmentBytes];
        MemoryHandle[] pins =
            [.. inputs.Append(output).Append(scratch).Select(a => a.AsMemory().Pin())];
        Span<TensorView> views = stackalloc TensorView[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            views[i] = new((sbyte*)pins[i].Pointer, inputs[i].Length);
        }

        nuint free = (nuint)pins[^1].Pointer + ArenaPlan.AlignmentBytes - 1;
        kernel.Run(
            views, (sbyte*)pins[^2].Pointer, (byte*)(free - free % ArenaPlan.AlignmentBytes));
        Array.ForEach(pins, pin => pin.Dispose());
        return output;
    }
}
