using System;
using System.Runtime.Intrinsics.X86;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>AVX2 against the definitions: error bound zero.</summary>
public sealed class KernelTests
{
    [Theory]
    [InlineData(GgmlType.Q8_0, 24, 256)]
    [InlineData(GgmlType.Q8_0, 13, 96)]
    [InlineData(GgmlType.Q4_0, 9, 160)]
    [InlineData(GgmlType.Q4_K, 17, 512)]
    [InlineData(GgmlType.Q6_K, 11, 512)]
    public unsafe void MatrixRow_Avx2_EqualsScalar(object boxed, int rows, int columns)
    {
        var type = (GgmlType)boxed;
        if (!Avx2.IsSupported)
        {
            return;
        }

        KernelSet fast = KernelSet.Avx2;
        using QuantMatrix matrix = Matrix(type, rows, columns);
        using var x = new NativeBuffer<short>(columns);
        using var groupSums = new NativeBuffer<int>(columns / 32);
        var random = new Random(3);
        foreach (int extreme in new[] { 0, 1, -1 })
        {
            for (int i = 0; i < columns; i++)
            {
                x.Pointer[i] = (short)(extreme == 0
                    ? random.Next(-32_767, 32_768) : 32_767 * extreme);
                groupSums.Pointer[i / 32] =
                    i % 32 == 0 ? x.Pointer[i] : groupSums.Pointer[i / 32] + x.Pointer[i];
            }

            int blocks = matrix.RowBlocks;
            long[] expected = new long[8 * blocks];
            long[] actual = new long[8 * blocks];
            foreach ((int from, int to) in new[] { (0, columns / 32), (1, columns / 32 - 1) })
            {
                fixed (long* e = expected, a = actual)
                {
                    KernelSet.Scalar.Sum(
                        matrix, x.Pointer, groupSums.Pointer, 0, blocks, from, to, e);
                    fast.Sum(matrix, x.Pointer, groupSums.Pointer, 0, blocks, from, to, a);
                }

                Assert.Equal(expected, actual);
            }
        }
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(2, 64)]
    [InlineData(97, 128)]
    [InlineData(300, 48)]
    public unsafe void HeadMix_Avx2_EqualsScalar(int tokens, int stride)
    {
        if (!Avx2.IsSupported)
        {
            return;
        }

        KernelSet fast = KernelSet.Avx2;
        var random = new Random(tokens);
        using var q = new NativeBuffer<short>(stride);
        using var rows = new NativeBuffer<short>((long)tokens * stride);
        using var e = new NativeBuffer<int>(tokens);
        using var z = new NativeBuffer<byte>(tokens);
        using var order = new NativeBuffer<int>(2 * tokens + 256);
        for (int i = 0; i < stride; i++)
        {
            q.Pointer[i] = (short)(random.Next(4) == 0 ? -32_767 : random.Next(-32_767, 32_768));
        }

        for (int i = 0; i < tokens * stride; i++)
        {
            rows.Pointer[i] = (short)(random.Next(4) == 0 ? -32_767 : random.Next(-32_767, 32_768));
        }

        for (int t = 0; t < tokens; t++)
        {
            e.Pointer[t] = random.Next(3) * random.Next(16_384);
            e.Pointer[t] = random.Next(4) == 0 ? 32_767 : e.Pointer[t];
            z.Pointer[t] = (byte)random.Next(5, 17);
        }

        long[] expected = new long[Math.Max(tokens, stride)];
        long[] actual = new long[Math.Max(tokens, stride)];
        fixed (long* a = expected, b = actual)
        {
            KernelSet.Scalar.Dots(q.Pointer, rows.Pointer, tokens, stride, a);
            fast.Dots(q.Pointer, rows.Pointer, tokens, stride, b);
            Assert.Equal(expected, actual);
            KernelSet.Scalar.Mix(
                e.Pointer, z.Pointer, rows.Pointer, tokens, stride, a, order.Pointer);
            fast.Mix(e.Pointer, z.Pointer, rows.Pointer, tokens, stride, b, order.Pointer);
            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public void Team_RunsEveryPieceOnce_WhoeverRunsIt()
    {
        using var team = new WorkTeam(3);
        for (int round = 0; round < 2000; round++)
        {
            var work = new Counting(1 + round % 17);
            team.Run(work);
            Assert.All(work.Counts, c => Assert.Equal(1, c));
        }
    }

    private static QuantMatrix Matrix(GgmlType type, int rows, int columns)
    {
        var matrix = new QuantMatrix(MatrixBuilder.FormOf(type, default), rows, columns);
        using var source = new MemorySource(default);
        for (int row = 0; row < rows; row++)
        {
            MatrixBuilder.SetQuantRow(
                matrix, row, RandomBlocks.Row(type, columns, row), type, source);
        }

        return matrix;
    }

    private sealed class Counting : Work
    {
        public Counting(int pieces)
        {
            Pieces = pieces;
            Counts = new int[pieces];
        }

        public int[] Counts { get; }

        public override void Run(int piece, int worker) =>
            System.Threading.Interlocked.Increment(ref Counts[piece]);
    }
}
