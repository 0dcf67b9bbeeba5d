using System;
using System.IO;
using ComputeVoucher.Bn254;
using ComputeVoucher.Execution;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Circuits.Tests;

/// <summary>Circuits of whole models: the executor's output, and no other.</summary>
public sealed class GraphCircuitTests
{
    private const string Autoencoder = "tflite/ad";

    [SharedDataFact(Autoencoder)]
    public void Autoencoder_FitsItsDomain()
    {
        GraphCircuit circuit = new(Model("ad"));
        int words = circuit.OutputWords + circuit.InputWords;
        Assert.Equal(21 + 21, words);
        Assert.InRange(circuit.Constraints, 60_000, 65_400);
        Assert.True(circuit.Constraints + words + 1 <= 1 << 16);
        int sum = 0;
        for (int i = 0; i < circuit.OperatorCount; i++)
        {
            sum += circuit.ConstraintsOf(i);
        }

        // Eight bits and a sum for each input byte, and the words.
        Assert.Equal(circuit.Constraints, sum + (640 * 9) + words);
    }

    [SharedDataFact(Autoencoder)]
    public void Autoencoder_IsSatisfiedByEveryGoldenInput()
    {
        GraphCircuit circuit = new(Model("ad"));
        ConstraintSystem system = Circuit(circuit);
        foreach (string name in (string[])["zero_bytes", "min", "max", "random0", "random1"])
        {
            byte[] input = File.ReadAllBytes(SharedData.PathOf("tflite", "ad", name + ".in"));
            byte[] output = File.ReadAllBytes(SharedData.PathOf("tflite", "ad", name + ".out"));
            Witness witness = circuit.WitnessOf(input);
            Assert.Equal(circuit.Wires, witness.Values.Length);
            Assert.Null(system.FirstBroken(witness));
            Assert.Equal(Words(output), Shown(witness, 1, circuit.OutputWords));
            Assert.Equal(
                Words(input), Shown(witness, 1 + circuit.OutputWords, circuit.InputWords));
        }
    }

    /// <summary>No wire can change alone: neither by one nor to anything at random.</summary>
    [SharedDataFact(Autoencoder)]
    public void Autoencoder_BindsEveryWire()
    {
        GraphCircuit circuit = new(Model("ad"));
        ConstraintSystem system = Circuit(circuit);
        byte[] input = File.ReadAllBytes(SharedData.PathOf("tflite", "ad", "random2.in"));
        Scalar[] values = circuit.WitnessOf(input).Values;
        int step = Runs.Count(4_001, 61);
        for (int wire = 1; wire < values.Length; wire += wire < 43 ? 6 : step)
        {
            Scalar honest = values[wire];
            values[wire] = Scalar.Of(honest.ToResidue() + Fr.One);
            Assert.NotNull(system.FirstBroken(new Witness(values)));
            values[wire] = honest;
        }

        Assert.Null(system.FirstBroken(new Witness(values)));
    }

    [SharedDataFact(Autoencoder)]
    public void Files_AreReadAsTheyWereWritten()
    {
        GraphCircuit circuit = new(Model("ad"));
        Witness witness = circuit.WitnessOf(
            File.ReadAllBytes(SharedData.PathOf("tflite", "ad", "max.in")));
        using MemoryStream stream = new();
        witness.Write(stream);
        Assert.Null(Circuit(circuit).FirstBroken(Witness.Read(stream)));
    }

    [Fact]
    public void OperatorWithoutACircuit_IsNamed()
    {
        IModel glyphs = ModelFile.Open(
            Path.Combine(SharedData.RepositoryRoot, "models", "glyphs", "glyphs.tflite"));
        CircuitException refused = Assert.Throws<CircuitException>(() => new GraphCircuit(glyphs));
        Assert.Contains("SOFTMAX", refused.Message, StringComparison.Ordinal);
    }

    private static IModel Model(string name) =>
        ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));

    private static ConstraintSystem Circuit(GraphCircuit circuit)
    {
        MemoryStream stream = new();
        circuit.Write(stream);
        return ConstraintSystem.Read(stream);
    }

    /// <summary>31 bytes to a word, each int8 plus 128, the first the highest.</summary>
    private static string Words(byte[] bytes)
    {
        byte[] padded = new byte[(bytes.Length + 30) / 31 * 31];
        for (int i = 0; i < bytes.Length; i++)
        {
            padded[i] = (byte)(bytes[i] ^ 0x80);
        }

        string words = "";
        for (int i = 0; i < padded.Length; i += 31)
        {
            words += "00" + Convert.ToHexString(padded, i, 31);
        }

        return words;
    }

    private static string Shown(Witness witness, int first, int count)
    {
        byte[] bytes = new byte[count * Scalar.Size];
        for (int i = 0; i < count; i++)
        {
            witness.Values[first + i].Write(bytes.AsSpan(i * Scalar.Size));
        }

        return Convert.ToHexString(bytes);
    }
}
