using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;

namespace ComputeVoucher.Bench;

/// <summary>Every operator of a graph, on the fastest back-end of this machine.</summary>
internal static class GraphWorks
{
    private const int AlignmentBytes = 64;

    public static IEnumerable<Work> All(string path)
    {
        using GraphModel model = Open(path);
        return [.. model.Graph.Operators.ToArray().Select(op => new Work(
            $"glyphs, {op.Wiring.Index} {op.Name}", () => Make(Open(path), op.Wiring.Index)))];
    }

    private static GraphModel Open(string path) => (GraphModel)ModelFile.Open(path);

    private static unsafe RunningWork Make(GraphModel model, int index)
    {
        Operator op = model.Graph.Operators[index];
        IKernel kernel = Backends.Of(Backend.Auto).Compile(op);
        NativeBlock[] inputs =
            [.. op.Wiring.Inputs.ToArray().Select(input => new NativeBlock(input.Elements))];
        NativeBlock output = new(op.Output.Elements);
        NativeBlock scratch = new(kernel.ScratchBytes);
        return new RunningWork(
            () =>
            {
                Span<TensorView> views = stackalloc TensorView[inputs.Length];
                for (int i = 0; i < inputs.Length; i++)
                {
                    views[i] = new TensorView((sbyte*)inputs[i].Pointer, inputs[i].Bytes);
                }

                kernel.Run(views, (sbyte*)output.Pointer, scratch.Pointer);
            },
            [model, .. inputs, output, scratch]);
    }

    /// <summary>Aligned memory, zero, as a session plans it.</summary>
    private sealed unsafe class NativeBlock : IDisposable
    {
        public NativeBlock(long bytes)
        {
            Bytes = checked((int)bytes);
            Pointer = (byte*)NativeMemory.AlignedAlloc(
                (nuint)bytes + AlignmentBytes, AlignmentBytes);
            NativeMemory.Clear(Pointer, (nuint)bytes + AlignmentBytes);
        }

        public int Bytes { get; }

        public byte* Pointer { get; }

        public void Dispose() => NativeMemory.AlignedFree(Pointer);
    }
}
