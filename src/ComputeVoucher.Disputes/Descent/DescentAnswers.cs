using System;
using System.Runtime.InteropServices;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Disputes;

/// <summary>The provider's moves: canonical, from the run that it signed.</summary>
public static class DescentAnswers
{
    /// <summary>The one answer to what is asked for: up to 64 nodes, or up to 16 leaves.</summary>
    /// <param name="run">The run of the statement.</param>
    /// <param name="at">As the contract has it.</param>
    /// <exception cref="ModelException">The run is not the one that was stated.</exception>
    public static byte[] Answer(RecordedRun run, in DescentPosition at)
    {
        byte[] data = Data(run, at);
        return DescentRules.Answer(run.Layout, at, data) is not null
            ? data
            : throw new ModelException("this run is not the one that the dispute is about");
    }

    /// <summary>The same of a run that may be any: the contract may refuse it.</summary>
    public static byte[] Data(RecordedRun run, in DescentPosition at)
    {
        DescentPosition inside = at.Entered(run.Layout);
        if (inside.IsAtLeaves)
        {
            (int first, int count) = inside.Below(inside.Level);
            byte[] leaves = new byte[count * TraceTree.LeafBytes];
            ReadOnlySpan<byte> rest =
                run.List(at.Tree)[at.Index].Data.AsSpan(first * TraceTree.LeafBytes);
            rest[..Math.Min(rest.Length, leaves.Length)].CopyTo(leaves);
            return leaves;
        }

        HashTree tree = run.TreeAt(inside);
        (int node, int nodes) = inside.Below(inside.Depth);
        Bytes32[] hashes = new Bytes32[nodes];
        for (int i = 0; i < nodes; i++)
        {
            hashes[i] = tree[inside.Level - inside.Depth, node + i];
        }

        return MemoryMarshal.AsBytes<Bytes32>(hashes).ToArray();
    }

    /// <summary>What answers a request for the operands of an element of the trace.</summary>
    /// <param name="run">The run of the statement.</param>
    /// <param name="request">Which element.</param>
    public static OperandsAnswer Operands(RecordedRun run, in OperandsRequest request) =>
        run.Model is GraphModel
            ? new GraphWitnesses(run.Model, run.Trace)
                .Operands(request.Tensor - run.Layout.Inputs, request.Element)
            : new LanguageWitnesses((LanguageModel)run.Model, run.Trace, run.Input)
                .Operands(request);
}
