using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text.Json;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests;

/// <summary>
/// The published models against the TensorFlow Lite Micro reference kernels: the output of every
/// operator of every case, byte for byte, on either backend.
/// </summary>
public sealed class GoldenModelTests
{
    public static TheoryData<string> Models =>
        new("ad", "ic", "kws", "vww", "micro_speech", "person_detect", "mobilenet_v2");

    [SharedDataTheory("tflite")]
    [MemberData(nameof(Models))]
    public void Avx2_EveryOperator_EqualsReference(string name) =>
        Check(name, Backend.Avx2, casesMax: int.MaxValue);

    // The scalar definition takes seconds for one MobileNetV2; two of its cases are enough here.
    [SharedDataTheory("tflite")]
    [MemberData(nameof(Models))]
    public void Scalar_EveryOperator_EqualsReference(string name) =>
        Check(name, Backend.Scalar, casesMax: name == "mobilenet_v2" ? 2 : int.MaxValue);

    [SharedDataTheory("tflite")]
    [Trait("Category", "slow")]
    [InlineData("mobilenet_v2")]
    public void Scalar_AllCases_EqualReference(string name) =>
        Check(name, Backend.Scalar, casesMax: int.MaxValue);

    [SharedDataTheory("tflite")]
    [InlineData("kws")]
    [InlineData("mobilenet_v2")]
    public void Run_AnyBackendThreadsAndMemoryPlan_GivesOneTraceRoot(string name)
    {
        using IModel model = ModelFile.Open(PathOf(name, "model.tflite"));
        byte[] input = File.ReadAllBytes(PathOf(name, "random0.in"));
        HashSet<Bytes32> roots = [];
        HashSet<string> outputs = [];
        foreach (Backend backend in (ReadOnlySpan<Backend>)[Backend.Scalar, Backend.Avx2])
        {
            foreach (int threads in (ReadOnlySpan<int>)[1, 2])
            {
                if (backend == Backend.Scalar && threads == 2 && name == "mobilenet_v2")
                {
                    continue;
                }

                using IModelSession session = model.CreateSession(backend, threads);
                RunResult traced = session.Run(input, new RunOptions { Trace = true });
                RunResult plain = session.Run(input, default);
                roots.Add(traced.TraceRoot);
                outputs.Add(Convert.ToHexString(traced.Output));
                outputs.Add(Convert.ToHexString(plain.Output));
                Assert.True(plain.TraceRoot.IsZero);
                Assert.Equal(traced.OutputRoot, plain.OutputRoot);
                Assert.Equal(model.CheckInput(input).InputRoot, plain.InputRoot);
                Assert.Equal(
                    new OutputInfo(plain.OutputRoot, 1, plain.Units, IsWhole: true),
                    model.CheckOutput(input, plain.Output));
            }
        }

        Assert.Single(roots);
        Assert.Single(outputs);
    }

    private static string PathOf(params string[] parts) => SharedData.PathOf(["tflite", .. parts]);

    private static void Check(string name, Backend backend, int casesMax)
    {
        using IModel model = ModelFile.Open(PathOf(name, "model.tflite"));
        using IModelSession session = model.CreateSession(backend, threads: 1);
        using JsonDocument golden = JsonDocument.Parse(
            File.ReadAllText(PathOf(name, "golden.json")));
        int cases = 0;
        foreach (JsonElement one in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            if (cases++ < casesMax)
            {
                CheckCase(name, session, one);
            }
        }

        Assert.True(cases > 0);
    }

    private static void CheckCase(string name, IModelSession session, JsonElement one)
    {
        byte[] input = File.ReadAllBytes(PathOf(name, one.GetProperty("input").GetString()!));
        byte[] output = File.ReadAllBytes(PathOf(name, one.GetProperty("output").GetString()!));
        Dictionary<int, JsonElement> operators = [];
        foreach (JsonElement op in one.GetProperty("ops").EnumerateArray())
        {
            operators.Add(op.GetProperty("op").GetInt32(), op);
        }

        RunResult result = session.Run(input, new RunOptions
        {
            OnTensor = (in TracedTensor tensor) =>
            {
                if (tensor.OperatorIndex < 0)
                {
                    return;
                }

                Assert.True(operators.Remove(tensor.OperatorIndex, out JsonElement op));
                string place = $"{name} {one.GetProperty("name")} op {tensor.OperatorIndex}";
                Assert.Equal(op.GetProperty("code").GetString(), tensor.Operator);
                Assert.Equal(op.GetProperty("dims").EnumerateArrayOfInt(), tensor.Dims.ToArray());
                Assert.Equal(
                    $"{place} {op.GetProperty("sha256")}",
                    $"{place} {Convert.ToHexStringLower(SHA256.HashData(tensor.Data))}");
            },
        });
        Assert.Empty(operators);
        Assert.Equal(output, result.Output);
    }
}
