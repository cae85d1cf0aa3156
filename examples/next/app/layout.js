export const metadata = { title: "A GAN learns faces" };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body style={{ fontFamily: "sans-serif", maxWidth: "42rem", margin: "2rem auto" }}>{children}</body>
    </html>
  );
}
