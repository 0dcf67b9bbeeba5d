using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Decode;

/// <summary>
/// Decode speed of language models beside llama.cpp's (bench/peers/llama.sh reads the same file):
/// <c>write SHAPE FILE</c> makes a random Q8_0 GGUF; <c>run FILE THREADS TOKENS [BACKEND]</c>
/// prints tokens per second, first token excluded; <c>prompt FILE THREADS TOKENS</c> those of a
/// prompt.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        switch (args)
        {
            case ["write", string shape, string file]:
                using (FileStream stream = File.Create(file))
                {
                    SyntheticQ8.Write(Shape.Named(shape), stream);
                }

                return 0;
            case ["run" or "prompt", string file, string threads, string tokens, ..]:
                Backend backend = args.Length > 4
                    ? Enum.Parse<Backend>(args[4], ignoreCase: true)
                    : Backend.Auto;
                Run(file, Number(threads), Number(tokens), backend, args[0] == "prompt");
                return 0;
            default:
                Console.Error.WriteLine("usage: decode write 15M|110M|1.1B FILE | " +
                    "run|prompt FILE THREADS TOKENS [BACKEND]");
                return 2;
        }
    }

    private static void Run(string file, int threads, int tokens, Backend backend, bool prompt)
    {
        using LanguageModel model = LanguageModel.Open(file);
        using IModelSession session = model.CreateSession(backend, threads);
        int[] ids = new int[prompt ? tokens : 1];
        ids.AsSpan().Fill(1);
        byte[] input = new InputRecord(
            ids, prompt ? 1u : (uint)tokens + 1, [], SamplingOptions.Greedy).Encode();
        long first = Stopwatch.GetTimestamp();
        TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
        RunResult result = session.Run(input, default, (step, _) =>
        {
            if (step == 1 && !prompt)
            {
                first = Stopwatch.GetTimestamp();
                cpu = Process.GetCurrentProcess().TotalProcessorTime;
            }

            return true;
        });
        double seconds = Stopwatch.GetElapsedTime(first).TotalSeconds;
        double busy = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds;
        double count = prompt ? tokens : result.Steps - 1;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count / seconds:f1} tokens/s, {count / busy:f1} per processor second"));
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
