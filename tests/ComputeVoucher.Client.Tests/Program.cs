using System;
using System.Globalization;
using System.IO;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client.Tests;

/// <summary>A client in a process of its own, for tests that kill it or run two. It says on
/// standard output what is done, when it is done; a refusal is its last line.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        try
        {
            using ClientJournal journal = Given.Open(
                args[1], int.Parse(args[2], CultureInfo.InvariantCulture));
            Say($"open {journal.NextSeq}");
            switch (args[0])
            {
                case "work":
                    Work(journal, int.Parse(args[3], CultureInfo.InvariantCulture));
                    break;
                case "heavy":
                    Heavy(journal);
                    break;
                case "stubborn":
                    Stubborn(journal);
                    break;
                case "fill":
                    Fill(journal, args[3]);
                    break;
                default:
                    _ = Console.ReadLine();
                    break;
            }

            return 0;
        }
        catch (ClientException refused)
        {
            Say(refused.Message);
            return 1;
        }
    }

    /// <summary>Sequence n is served for n + 1 units; every third receipt is acknowledged.
    /// </summary>
    private static void Work(ClientJournal journal, int count)
    {
        for (int i = 0; i < count; i++)
        {
            PendingOrder order = Given.Add(journal);
            Say($"order {order.Order.Seq}");
            Given.Resolve(journal, order, (uint)order.Order.Seq + 1);
            if (journal.UnackedCount >= 3 && journal.TryNextAck(out Ack ack))
            {
                journal.RecordAck(ack, Given.Signed(ack));
                Say($"ack {ack.NextSeq}");
            }
        }
    }

    /// <summary>Orders of the largest input and no ack.</summary>
    private static void Heavy(ClientJournal journal)
    {
        for (int i = 0; i < 40; i++)
        {
            Say($"order {Given.Add(journal, new byte[1 << 20]).Order.Seq}");
        }
    }

    /// <summary>Works until it is refused, and tries again.</summary>
    private static void Stubborn(ClientJournal journal)
    {
        try
        {
            Work(journal, 1_000);
        }
        catch (ClientException failed)
        {
            Say(failed.Message);
        }

        Say($"order {Given.Add(journal).Order.Seq}");
    }

    /// <summary>Until the disk is full, then once more when it is not.</summary>
    private static void Fill(ClientJournal journal, string ballast)
    {
        try
        {
            while (true)
            {
                Given.Add(journal, new byte[4_000]);
            }
        }
        catch (ClientException full)
        {
            Say(full.Message);
        }

        File.Delete(ballast);
        Say($"order {Given.Add(journal).Order.Seq}");
    }

    private static void Say(string line) => Console.Out.WriteLine(line);
}
