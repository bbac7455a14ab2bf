// Without VitePress' own fonts: the reader's system has some.
import DefaultTheme from 'vitepress/theme-without-fonts';
import './style.css';

export default DefaultTheme;
