using System.Collections.Generic;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Byte-pair merging: of all neighbours the best-ranked pair is joined, the leftmost of equals,
/// until no pair has a rank. A queue of candidates keeps it near n·log n for any text.
/// </summary>
internal sealed class Merger
{
    /// <summary>
    /// Rank of two neighbouring symbols (lower merges first), or null for no merge.
    /// </summary>
    public delegate double? RankOf(string text, int start, int middle, int end);

    private readonly RankOf _rank;
    private readonly PriorityQueue<(int Left, int Right, int Length), (double Rank, int Left)>
        _queue = new();

    public Merger(RankOf rank) => _rank = rank;

    /// <param name="text">What is merged.</param>
    /// <param name="starts">Where the first symbols start, ascending, from 0.</param>
    /// <returns>Start and length of the symbols that are left.</returns>
    public List<(int Start, int Length)> Merge(string text, List<int> starts)
    {
        int count = starts.Count;
        int[] length = new int[count];
        int[] previous = new int[count];
        int[] next = new int[count];
        for (int i = 0; i < count; i++)
        {
            length[i] = (i + 1 < count ? starts[i + 1] : text.Length) - starts[i];
            previous[i] = i - 1;
            next[i] = i + 1 < count ? i + 1 : -1;
        }

        void Propose(int left, int right)
        {
            if (left < 0 || right < 0)
            {
                return;
            }

            int end = starts[right] + length[right];
            if (_rank(text, starts[left], starts[right], end) is double rank)
            {
                _queue.Enqueue((left, right, end - starts[left]), (rank, left));
            }
        }

        for (int i = 0; i + 1 < count; i++)
        {
            Propose(i, i + 1);
        }

        while (_queue.TryDequeue(out (int Left, int Right, int Length) pair, out _))
        {
            // Stale when either side has been merged since.
            if (length[pair.Left] == 0 || length[pair.Right] == 0 ||
                length[pair.Left] + length[pair.Right] != pair.Length)
            {
                continue;
            }

            length[pair.Left] = pair.Length;
            length[pair.Right] = 0;
            next[pair.Left] = next[pair.Right];
            if (next[pair.Right] >= 0)
            {
                previous[next[pair.Right]] = pair.Left;
            }

            Propose(previous[pair.Left], pair.Left);
            Propose(pair.Left, next[pair.Left]);
        }

        var symbols = new List<(int Start, int Length)>();
        for (int i = count > 0 ? 0 : -1; i >= 0; i = next[i])
        {
            symbols.Add((starts[i], length[i]));
        }

        return symbols;
    }
}
