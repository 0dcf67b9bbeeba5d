using System;
using System.IO;
using System.Text.Json;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests;

/// <summary>Rows whose sum leaves the domain of gemmlowp's division: one answer on every path.
/// </summary>
public sealed class SoftmaxRowTests
{
    private static readonly JsonElement s_file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(
        SharedData.RepositoryRoot, "tests", "vectors", "softmax-rows.json"))).RootElement;

    public static TheoryData<int> Rows
    {
        get
        {
            TheoryData<int> rows = [];
            for (int i = 0; i < s_file.GetProperty("rows").GetArrayLength(); i++)
            {
                rows.Add(i);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Row_HasItsSharesOnEveryPath(int index)
    {
        JsonElement row = s_file.GetProperty("rows")[index];
        int length = Of(row, "length");
        byte[] input = new byte[length];
        byte[] expected = new byte[length];
        for (int i = 0; i < length; i++)
        {
            // The maxima stand apart, so that no path sees them alone.
            bool isMax = i * 7919 % length < Of(row, "maxima");
            input[i] = (byte)Of(row, isMax ? "max" : "rest");
            expected[i] = (byte)Of(row, isMax ? "maxOutput" : "restOutput");
        }

        GraphTensor tensor = GraphBuilder.Int8(0, 1, length);
        using GraphModel model = new GraphBuilder(tensor).Add(
            GraphBuilder.Int8(-128, 1, length), w => new Softmax(w, Of(s_file, "multiplier"),
                Of(s_file, "leftShift"), Of(s_file, "differenceMin"))).Build();
        foreach (Backend backend in new[] { Backend.Scalar, Backend.Auto })
        {
            using IModelSession session = model.CreateSession(backend, 1);
            Assert.Equal(expected, session.Run(input, default).Output);
        }

        InputReader reader = new(input);
        foreach (int element in new[] { 0, 1, length / 2, length - 1 })
        {
            Assert.Equal(
                (sbyte)expected[element], model.Graph.Operators[0].Element(ref reader, element));
        }
    }

    private static int Of(JsonElement of, string name) => of.GetProperty(name).GetInt32();

    /// <summary>What the judge of a dispute reads: one input, by index.</summary>
    private readonly struct InputReader(byte[] input) : IElementReader
    {
        public sbyte Read(int tensor, int index) => (sbyte)input[index];

        public Channel Channel(int channel) => throw new NotSupportedException();
    }
}
