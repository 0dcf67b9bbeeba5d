using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Wire.Tests;

/// <summary>
/// The parser against a decoder that shares no code with it: cut anywhere (W2), mutated (W1), at
/// the edge of mapped memory (W5), and without allocating.
/// </summary>
public sealed class FrameReaderTests
{
    private static readonly WireRole[] s_roles = [WireRole.Client, WireRole.Node];

    public static TheoryData<ulong> Seeds => Runs.Seeds(20_261_122);

    [Fact]
    public void Split_EveryStreamCutAtEveryByte_GivesTheSameFrames()
    {
        foreach (WireRole sender in s_roles)
        {
            byte[][] frames = Streams.FramesOf(sender);
            byte[] all = Raw.Glue(frames);
            string whole = Parse(all, sender, all.Length);
            Assert.Equal(frames.Length, whole.Count(one => one == '\n'));
            Assert.Equal(Reference(all, sender), whole);
            for (int cut = 0; cut <= all.Length; cut++)
            {
                var reader = new FrameReader(sender);
                Assert.Equal(
                    whole, Feed(reader, all.AsSpan(0, cut)) + Feed(reader, all.AsSpan(cut)));
            }

            for (int piece = 1; piece <= 64; piece++)
            {
                Assert.Equal(whole, Parse(all, sender, piece));
            }
        }
    }

    [Fact]
    public void Split_EachFrameAloneCutAtEveryByte_GivesTheSameFrame()
    {
        foreach (WireRole sender in s_roles)
        {
            byte[][] frames = Streams.FramesOf(sender);
            for (int i = 1; i < frames.Length; i++)
            {
                byte[] stream = Raw.Glue(frames[0], frames[i]);
                string whole = Reference(stream, sender);
                for (int cut = frames[0].Length; cut <= stream.Length; cut++)
                {
                    var reader = new FrameReader(sender);
                    string got = Feed(reader, stream.AsSpan(0, cut));
                    Assert.Equal(cut == frames[0].Length || cut == stream.Length, reader.IsIdle);
                    Assert.Equal(whole, got + Feed(reader, stream.AsSpan(cut)));
                }
            }
        }
    }

    [Fact]
    public void Split_MebibyteFrame_GrowsAndArrivesWhole()
    {
        byte[] input = new Prng(5).Bytes((1 << 20) - 67);
        byte[] stream = Raw.Glue(Raw.Hello(), Raw.Order(1, "o", input), Raw.Order(2, "p"));
        string whole = Reference(stream, WireRole.Client);
        foreach (int piece in new[] { 1_000, 16_384, 100_003, stream.Length })
        {
            Assert.Equal(whole, Parse(stream, WireRole.Client, piece));
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Fuzz_MutatedStreams_AgreeWithTheReference(ulong seed)
    {
        var prng = new Prng(seed);
        int count = Runs.Count(fast: 60_000, full: 3_000_000);
        var outcomes = new Dictionary<WireReason, int>();
        for (int i = 0; i < count; i++)
        {
            WireRole sender = s_roles[prng.Below(2)];
            byte[] stream = Mutate(Streams.Random(prng, sender), prng);
            var seen = new List<Seen>();
            WireReason refusal = ReferenceDecoder.Decode(stream, sender, seen);
            outcomes[refusal] = outcomes.GetValueOrDefault(refusal) + 1;
            int piece = prng.Below(3) == 0 ? stream.Length : 1 + prng.Below(40);
            AssertSame(stream, sender, Math.Max(1, piece), seen, refusal, i);
        }

        // A fuzz that never reaches a refusal proves nothing about it.
        foreach (WireReason reason in new[]
        {
            WireReason.None, WireReason.BadFirstFrame, WireReason.UnknownKind,
            WireReason.UnknownFlags, WireReason.BadLength,
            WireReason.BadPayload, WireReason.BadCorrelation,
        })
        {
            Assert.True(outcomes.GetValueOrDefault(reason) >= 20, $"{reason} was hardly reached");
        }
    }

    [Fact]
    public void Fuzz_RandomBytes_NeverThrow()
    {
        var prng = new Prng(99);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] stream = prng.Bytes(prng.Below(120));
            WireRole sender = s_roles[i & 1];
            var seen = new List<Seen>();
            WireReason refusal = ReferenceDecoder.Decode(stream, sender, seen);
            AssertSame(stream, sender, 1 + prng.Below(30), seen, refusal, i);
        }
    }

    [Fact]
    public void GuardPage_InputsThatEndAtAnUnmappedPage_AreReadToTheEndOnly()
    {
        using var guarded = new GuardedPage(1 << 20);
        foreach (WireRole sender in s_roles)
        {
            byte[] all = Raw.Glue(Streams.FramesOf(sender));
            for (int length = 0; length <= all.Length; length++)
            {
                Span<byte> edge = guarded.EndingAtTheEdge(length);
                all.AsSpan(0, length).CopyTo(edge);
                var reader = new FrameReader(sender);
                Assert.Equal(Reference(all[..length], sender), Feed(reader, edge));
                reader.Release();
            }
        }
    }

    [Fact]
    public void Steady_FramesAreReadWithoutAllocating()
    {
        byte[] stream = Raw.Glue([.. Streams.FramesOf(WireRole.Client).Skip(1)]);
        var reader = new FrameReader(WireRole.Client);
        Feed(reader, Raw.Hello());
        Count(reader, stream, 100);
        Count(reader, stream, 7);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int frames = 0;
        for (int i = 0; i < 200; i++)
        {
            frames += Count(reader, stream, stream.Length) + Count(reader, stream, 100)
                + Count(reader, stream, 7);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(200 * 3 * 13, frames);
    }

    internal static int Count(FrameReader reader, ReadOnlySpan<byte> stream, int piece)
    {
        int frames = 0;
        for (int at = 0; at < stream.Length; at += piece)
        {
            ReadOnlySpan<byte> input = stream[at..Math.Min(stream.Length, at + piece)];
            while (reader.Read(ref input, out _) == FrameStatus.Frame)
            {
                frames++;
            }
        }

        return frames;
    }

    private static byte[] Mutate(byte[] stream, Prng prng)
    {
        for (int changes = prng.Below(4); changes > 0 && stream.Length > 0; changes--)
        {
            int at = prng.Below(stream.Length);
            switch (prng.Below(5))
            {
                case 0:
                    stream[at] ^= (byte)(1 << prng.Below(8));
                    break;
                case 1:
                    stream[at] = prng.Below(2) == 0 ? (byte)0 : (byte)0xFF;
                    break;
                case 2:
                    stream = stream[..at];
                    break;
                case 3:
                    stream = [.. stream[..at], (byte)prng.Next(), .. stream[at..]];
                    break;
                default:
                    stream = [.. stream[..at], .. stream[Math.Min(
                        stream.Length, at + 1 + prng.Below(9))..]];
                    break;
            }
        }

        return stream;
    }

    private static void AssertSame(
        byte[] stream, WireRole sender, int piece, List<Seen> seen, WireReason refusal, int index)
    {
        var reader = new FrameReader(sender);
        int frames = 0;
        FrameStatus status = FrameStatus.NeedMore;
        for (int at = 0; at < stream.Length && status != FrameStatus.Refused; at += piece)
        {
            ReadOnlySpan<byte> input = stream.AsSpan(at, Math.Min(piece, stream.Length - at));
            while ((status = reader.Read(ref input, out Frame frame)) == FrameStatus.Frame)
            {
                Assert.True(frames < seen.Count, $"stream {index}: one frame too many");
                Seen wanted = seen[frames++];
                Assert.True(
                    (int)frame.Header.Kind == wanted.Kind
                    && (int)frame.Header.Flags == wanted.Flags
                    && frame.Header.Correlation == wanted.Correlation
                    && frame.Payload.SequenceEqual(wanted.Payload),
                    $"stream {index}: frame {frames} differs");
            }
        }

        Assert.True(
            frames == seen.Count && reader.Refusal == refusal,
            $"stream {index}: {frames}, {reader.Refusal}, wanted {seen.Count}, {refusal}");
        reader.Release();
    }

    private static string Parse(byte[] stream, WireRole sender, int piece)
    {
        var reader = new FrameReader(sender);
        string told = "";
        for (int at = 0; at < stream.Length; at += piece)
        {
            told += Feed(reader, stream.AsSpan(at, Math.Min(piece, stream.Length - at)));
        }

        reader.Release();
        return told;
    }

    private static string Feed(FrameReader reader, ReadOnlySpan<byte> input)
    {
        string told = "";
        while (reader.Read(ref input, out Frame frame) == FrameStatus.Frame)
        {
            told += Tell((int)frame.Header.Kind, (
                int)frame.Header.Flags, frame.Header.Correlation, frame.Payload);
        }

        return told;
    }

    private static string Reference(byte[] stream, WireRole sender)
    {
        var seen = new List<Seen>();
        ReferenceDecoder.Decode(stream, sender, seen);
        return string.Concat(
            seen.Select(one => Tell(one.Kind, one.Flags, one.Correlation, one.Payload)));
    }

    private static string Tell(int kind, int flags, uint correlation, ReadOnlySpan<byte> payload) =>
        $"{kind} {flags} {correlation} {Primitives.Keccak256.Hash(payload)}\n";
}
